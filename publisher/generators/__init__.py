"""What a site's own files say of it: which generator builds it, and which address a post's page has.

Every file is read as text and never run. Where a rule depends on code that isn't ours to run, there
is no address, and the reason is said.
"""
