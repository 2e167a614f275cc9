"""The few words of a newsletter that aren't the post's own, in the languages that people write in."""

from __future__ import annotations

from dataclasses import dataclass, replace

from publisher.text.languages import tag_of


@dataclass(frozen=True, slots=True)
class MailWords:
    """web     what leads to the post's page
    leave   what ends a subscription
    sent    who sends this, and to whom: `{}` stands for the sender's name
    image   what stands for a picture where none is shown
    colon   what follows a word that explains what comes, its spaces included
    right_to_left  how it is written
    """

    web: str
    leave: str
    sent: str
    image: str
    colon: str = ": "
    right_to_left: bool = False


_WORDS = {
    "en": MailWords("Read on the web", "Unsubscribe", "Sent to the subscribers of {}.", "Image"),
    "fr": MailWords("Lire en ligne", "Se désabonner", "Envoyé aux personnes abonnées à {}.", "Image", "\u00a0: "),
    "de": MailWords("Im Web lesen", "Abmelden", "Gesendet an alle, die {} abonniert haben.", "Bild"),
    "es": MailWords("Leer en la web", "Darse de baja", "Enviado a quienes se han suscrito a {}.", "Imagen"),
    "it": MailWords("Leggi sul web", "Annulla l’iscrizione", "Inviato a chi si è iscritto a {}.", "Immagine"),
    "pt": MailWords("Ler na web", "Cancelar a inscrição", "Enviado a quem assina {}.", "Imagem"),
    "ca": MailWords("Llegiu-ho al web", "Doneu-vos de baixa", "Enviat a qui s’ha subscrit a {}.", "Imatge"),
    "ro": MailWords("Citește pe web", "Dezabonare", "Trimis abonaților {}.", "Imagine"),
    "nl": MailWords("Lees op het web", "Afmelden", "Verzonden aan de abonnees van {}.", "Afbeelding"),
    "sv": MailWords("Läs på webben", "Avsluta prenumerationen", "Skickat till dem som prenumererar på {}.", "Bild"),
    "da": MailWords("Læs på nettet", "Afmeld", "Sendt til dem, der abonnerer på {}.", "Billede"),
    "nb": MailWords("Les på nettet", "Meld deg av", "Sendt til dem som abonnerer på {}.", "Bilde"),
    "fi": MailWords("Lue verkossa", "Peruuta tilaus", "Lähetetty tilaajille. Lähettäjä: {}.", "Kuva"),
    "pl": MailWords("Czytaj w przeglądarce", "Wypisz się", "Wysłano do subskrybentów. Nadawca: {}.", "Obraz"),
    "cs": MailWords("Číst na webu", "Odhlásit se", "Zasláno odběratelům. Odesílatel: {}.", "Obrázek"),
    "sk": MailWords("Čítať na webe", "Odhlásiť sa", "Odoslané odberateľom. Odosielateľ: {}.", "Obrázok"),
    "hu": MailWords("Olvasás a weben", "Leiratkozás", "A feliratkozóknak küldve. Feladó: {}.", "Kép"),
    "el": MailWords("Διαβάστε το στον ιστό", "Διαγραφή", "Στάλθηκε στους συνδρομητές. Αποστολέας: {}.", "Εικόνα"),
    "ru": MailWords("Читать на сайте", "Отписаться", "Отправлено подписчикам. Отправитель: {}.", "Изображение"),
    "uk": MailWords("Читати на сайті", "Відписатися", "Надіслано підписникам. Відправник: {}.", "Зображення"),
    "bg": MailWords("Прочетете в сайта", "Отписване", "Изпратено до абонатите на {}.", "Изображение"),
    "tr": MailWords("Web’de oku", "Abonelikten çık", "{} abonelerine gönderildi.", "Görsel"),
    "ar": MailWords("اقرأ على الموقع", "إلغاء الاشتراك", "أُرسلت هذه الرسالة إلى المشتركين في {}.", "صورة"),
    "fa": MailWords("خواندن در وب", "لغو اشتراک", "این پیام برای مشترکان {} فرستاده شده است.", "تصویر"),
    "he": MailWords("לקריאה באתר", "ביטול המינוי", "נשלח אל המנויים של {}.", "תמונה"),
    "hi": MailWords("वेब पर पढ़ें", "सदस्यता समाप्त करें", "{} के सदस्यों को भेजा गया।", "चित्र"),
    "bn": MailWords("ওয়েবে পড়ুন", "সদস্যতা বাতিল করুন", "{}-এর গ্রাহকদের পাঠানো হয়েছে।", "ছবি"),
    "id": MailWords("Baca di web", "Berhenti berlangganan", "Dikirim kepada pelanggan {}.", "Gambar"),
    "vi": MailWords("Đọc trên web", "Hủy đăng ký", "Gửi đến những người đăng ký {}.", "Hình ảnh"),
    "th": MailWords("อ่านบนเว็บ", "ยกเลิกการสมัคร", "ส่งถึงผู้สมัครรับข่าวสารของ {}", "ภาพ"),
    "zh": MailWords("在网页上阅读", "退订", "本邮件发送给{}的订阅者。", "图片", "："),
    "zh-hant": MailWords("在網頁上閱讀", "取消訂閱", "本郵件寄給{}的訂閱者。", "圖片", "："),
    "ja": MailWords("ウェブで読む", "配信を停止する", "{}の購読者の皆さまにお送りしています。", "画像", "："),
    "ko": MailWords("웹에서 읽기", "구독 취소", "{} 구독자에게 보내는 메일입니다.", "사진"),
}  # fmt: skip
_RIGHT_TO_LEFT = frozenset(("ar", "fa", "he", "ur", "ps", "sd", "ug", "yi", "dv", "ckb"))


def mail_words(language: str) -> MailWords:
    """For a BCP 47 tag; a language that isn't here reads English."""
    tag = tag_of(language)
    words = _WORDS.get(tag, _WORDS["en"])
    return replace(words, right_to_left=tag in _RIGHT_TO_LEFT)
