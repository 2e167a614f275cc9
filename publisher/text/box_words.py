"""What a box is called, in the languages that people write in."""

from __future__ import annotations

from publisher.text.languages import tag_of

_KINDS = ("note", "tip", "important", "warning", "caution", "info", "danger")
_OTHER_NAMES = {"hint": "tip", "attention": "caution", "error": "danger"}
_WORDS = {
    "en": "Note Tip Important Warning Caution Info Danger",
    "fr": "Note Astuce Important Avertissement Attention Info Danger",
    "de": "Hinweis Tipp Wichtig Warnung Vorsicht Info Gefahr",
    "es": "Nota Consejo Importante Advertencia Precaución Información Peligro",
    "it": "Nota Suggerimento Importante Avviso Attenzione Info Pericolo",
    "pt": "Nota Dica Importante Aviso Cuidado Informação Perigo",
    "ca": "Nota Consell Important Advertència Precaució Informació Perill",
    "nl": "Opmerking Tip Belangrijk Waarschuwing Let_op Info Gevaar",
    "sv": "Obs Tips Viktigt Varning Se_upp Info Fara",
    "da": "Bemærk Tip Vigtigt Advarsel Pas_på Info Fare",
    "nb": "Merk Tips Viktig Advarsel Forsiktig Info Fare",
    "fi": "Huomautus Vinkki Tärkeää Varoitus Varo Tietoa Vaara",
    "pl": "Uwaga Wskazówka Ważne Ostrzeżenie Ostrożnie Informacja Niebezpieczeństwo",
    "cs": "Poznámka Tip Důležité Varování Pozor Informace Nebezpečí",
    "sk": "Poznámka Tip Dôležité Varovanie Pozor Informácia Nebezpečenstvo",
    "hu": "Megjegyzés Tipp Fontos Figyelmeztetés Vigyázat Információ Veszély",
    "ro": "Notă Sfat Important Avertisment Atenție Informație Pericol",
    "el": "Σημείωση Συμβουλή Σημαντικό Προειδοποίηση Προσοχή Πληροφορία Κίνδυνος",
    "ru": "Примечание Совет Важно Предупреждение Осторожно Информация Опасно",
    "uk": "Примітка Порада Важливо Попередження Обережно Інформація Небезпека",
    "bg": "Бележка Съвет Важно Предупреждение Внимание Информация Опасност",
    "tr": "Not İpucu Önemli Uyarı Dikkat Bilgi Tehlike",
    "ar": "ملاحظة نصيحة مهم تحذير تنبيه معلومة خطر",
    "fa": "یادداشت نکته مهم هشدار احتیاط اطلاعات خطر",
    "he": "הערה טיפ חשוב אזהרה זהירות מידע סכנה",
    "hi": "ध्यान_दें सुझाव महत्वपूर्ण चेतावनी सावधान जानकारी ख़तरा",
    "bn": "দ্রষ্টব্য পরামর্শ গুরুত্বপূর্ণ সতর্কতা সাবধান তথ্য বিপদ",
    "id": "Catatan Tip Penting Peringatan Perhatian Info Bahaya",
    "vi": "Ghi_chú Mẹo Quan_trọng Cảnh_báo Thận_trọng Thông_tin Nguy_hiểm",
    "th": "หมายเหตุ เคล็ดลับ สำคัญ คำเตือน ข้อควรระวัง ข้อมูล อันตราย",
    "zh": "注意 提示 重要 警告 当心 信息 危险",
    "zh-hant": "注意 提示 重要 警告 當心 資訊 危險",
    "ja": "注記 ヒント 重要 警告 注意 情報 危険",
    "ko": "참고 팁 중요 경고 주의 정보 위험",
}
"""One word each of _KINDS, in their order; "_" is a space."""

_WIDE_COLON = ("zh", "zh-hant", "ja")


def label(kind: str, language: str) -> str:
    """ "Warning:", for a kind and a BCP 47 tag. A kind without a word here is its own name."""
    tag = tag_of(language)
    kind = kind.lower()
    kind = _OTHER_NAMES.get(kind, kind)
    if kind in _KINDS:
        word = _WORDS.get(tag, _WORDS["en"]).split()[_KINDS.index(kind)].replace("_", " ")
    else:
        word = kind.replace("-", " ").capitalize()
    if tag == "fr":
        return f"{word}\u00a0:"
    return f"{word}：" if tag in _WIDE_COLON else f"{word}:"
