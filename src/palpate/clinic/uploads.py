"""Files that come in (S-26): PDF, JPEG and PNG by their content, whatever they are called.

Images are decoded and written anew, so that place data and whatever else hung on them is gone. A PDF is kept as it
came, after a look for what does not belong into one; what is packed inside its streams is not looked into, so files are
always served as an attachment, in a sandbox, and never shown by the program itself.
"""

from __future__ import annotations

import hashlib
import io
import re
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

from palpate.clinic.access import people as rows
from palpate.clinic.actor import Actor
from palpate.clinic.models import Episode, Person, Upload
from palpate.clinic.moment import now
from palpate.clinic.names import clean_name
from palpate.clinic.refusals import BadInput

LARGEST = 10 << 20  # bytes of one file
QUOTA_BYTES, QUOTA_FILES = 100 << 20, 200  # of one person
MOST_PIXELS = 40_000_000
SUFFIX = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}
WRONG = "this is no PDF, JPEG or PNG file; nothing else is taken"
_MARKUP = re.compile(rb"<\s*(?:!doctype|html|script|svg|body|iframe|\?xml)", re.IGNORECASE)
_STREAM = re.compile(rb"stream\r?\n.*?endstream", re.DOTALL)  # packed bytes, among which any word may stand by chance
_ACTIVE = re.compile(rb"/(?:JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|XFA)\b")


def keep_upload(actor: Actor, person: Person, title: str, content: bytes, episode: Episode | None = None) -> Upload:
    """Stores a file of a person. Call inside an act.

    Takes   title: what it is, in the words of who brought it; the file's own name is not kept.
    Errors  BadInput, with what to do.
    """
    told = clean_name(title, field="title")
    if not told:
        raise BadInput("say in a few words what this is", "title")
    media_type, clean = read_file(content)
    rows.locked(person)
    held = list(rows.uploads_of(person).values_list("size", flat=True))
    if len(held) >= QUOTA_FILES or sum(held) + len(clean) > QUOTA_BYTES:
        raise BadInput(f"this person's files fill their {QUOTA_BYTES >> 20} MiB; nothing more is taken", "file")
    row = Upload(
        person=person,
        episode=episode,
        title=told,
        media_type=media_type,
        content=clean,
        size=len(clean),
        digest=hashlib.sha256(clean).hexdigest(),
        at=now(),
        by_id=actor.user_id,
    )
    row.save(force_insert=True)
    return row


def read_file(content: bytes) -> tuple[str, bytes]:
    """The media type of a file by its content, and the bytes to keep. Errors: BadInput."""
    if not content:
        raise BadInput("this file is empty", "file")
    if len(content) > LARGEST:
        raise BadInput(f"this file is larger than {LARGEST >> 20} MiB", "file")
    if content.startswith(b"%PDF-"):
        return "application/pdf", _pdf(content)
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg", _image(content, "JPEG")
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png", _image(content, "PNG")
    raise BadInput(WRONG, "file")


def _pdf(content: bytes) -> bytes:
    """A PDF that is nothing else besides. Errors: BadInput."""
    if not re.match(rb"%PDF-[12]\.[0-9]\s", content) or not content.rstrip(b"\x00\t\n\f\r ").endswith(b"%%EOF"):
        raise BadInput("this PDF is damaged, or something hangs on it; print it to a new PDF and try again", "file")
    if _MARKUP.search(content[:1024]) or b"PK\x05\x06" in content[-66_000:]:
        raise BadInput("this file is a PDF and something else at once; print it to a new PDF and try again", "file")
    if _ACTIVE.search(_STREAM.sub(b"", content)):
        raise BadInput("this PDF holds a program or another file; print it to a new PDF and try again", "file")
    return content


def _image(content: bytes, kind: str) -> bytes:
    """The image, decoded and written anew, turned as it was meant to be seen. Errors: BadInput."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(content), formats=(kind,))
            if image.width * image.height > MOST_PIXELS:
                raise BadInput("this image has more than 40 megapixels; make it smaller", "file")
            image.load()
            seen = ImageOps.exif_transpose(image)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise BadInput("this image has more than 40 megapixels; make it smaller", "file") from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError) as error:
        raise BadInput("this image is damaged and could not be read", "file") from error
    # A new image of the same pixels carries nothing over: no place, no camera, no text, no profile.
    plain = seen.convert("RGB" if kind == "JPEG" or seen.mode not in ("L", "LA", "RGBA") else seen.mode)
    fresh = Image.new(plain.mode, plain.size)
    fresh.paste(plain)
    out = io.BytesIO()
    if kind == "JPEG":
        fresh.save(out, "JPEG", quality=90)
    else:
        fresh.save(out, "PNG")
    if out.tell() > LARGEST:
        raise BadInput(f"written anew this image is larger than {LARGEST >> 20} MiB; make it smaller", "file")
    return out.getvalue()
