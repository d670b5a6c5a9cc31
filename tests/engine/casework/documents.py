"""Small DOCX, XLSX and PDF files, made for a test."""

import io
import zipfile
from collections.abc import Callable

from openpyxl import Workbook
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject, StreamObject, TextStringObject

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def zipped(parts: dict[str, str | bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return content.getvalue()


def word(body: str, **parts: str | bytes) -> bytes:
    return zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "word/document.xml": f'<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>',
            **parts,
        }
    )


def runs(text: str) -> str:
    """One paragraph with a run for every character, as editors leave it behind."""
    return "<w:p>" + "".join(f"<w:r><w:t>{one}</w:t></w:r>" for one in text) + "</w:p>"


def part(text: str) -> str:
    return f'<x xmlns:w="{WORD}">{runs(text)}</x>'


def book(fill: Callable[[Workbook], None]) -> bytes:
    made = Workbook()
    fill(made)
    content = io.BytesIO()
    made.save(content)
    return content.getvalue()


def page_font(writer: PdfWriter, encoding: str, ordering: str = "GB1") -> DictionaryObject:
    base = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/CIDFontType0"),
            NameObject("/BaseFont"): NameObject("/STSong-Light"),
            NameObject("/CIDSystemInfo"): DictionaryObject(
                {
                    NameObject("/Registry"): TextStringObject("Adobe"),
                    NameObject("/Ordering"): TextStringObject(ordering),
                    NameObject("/Supplement"): NumberObject(4),
                }
            ),
        }
    )
    return DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type0"),
            NameObject("/BaseFont"): NameObject("/STSong-Light"),
            NameObject("/Encoding"): NameObject(encoding),
            NameObject("/DescendantFonts"): ArrayObject([writer._add_object(base)]),
        }
    )


def add_page(writer: PdfWriter, content: str, encoding: str = "/UniGB-UCS2-H", *, picture: bool = False) -> None:
    page = writer.add_blank_page(595, 842)
    resources = DictionaryObject(
        {NameObject("/Font"): DictionaryObject({NameObject("/F1"): page_font(writer, encoding)})}
    )
    if picture:
        image = StreamObject()
        image.set_data(b"\x00")
        for key, value in {"Type": "/XObject", "Subtype": "/Image", "ColorSpace": "/DeviceGray"}.items():
            image[NameObject(f"/{key}")] = NameObject(value)
        for key in ("Width", "Height"):
            image[NameObject(f"/{key}")] = NumberObject(1)
        image[NameObject("/BitsPerComponent")] = NumberObject(8)
        resources[NameObject("/XObject")] = DictionaryObject({NameObject("/Im1"): writer._add_object(image)})
    page[NameObject("/Resources")] = resources
    stream = StreamObject()
    stream.set_data(content.encode())
    page[NameObject("/Contents")] = writer._add_object(stream)


def shown(text: str, codec: str = "utf-16-be") -> str:
    return f"BT /F1 16 Tf 50 780 Td <{text.encode(codec).hex()}> Tj ET"


def each_shown(text: str, step: str) -> str:
    """Every character by an operator of its own, `step` on from the one before."""
    return (
        "BT /F1 16 Tf 300 780 Td "
        + f" {step} Td ".join(f"<{one.encode('utf-16-be').hex()}> Tj" for one in text)
        + " ET"
    )


def written(writer: PdfWriter) -> bytes:
    content = io.BytesIO()
    writer.write(content)
    return content.getvalue()


def pdf(*contents: str, encoding: str = "/UniGB-UCS2-H", picture: bool = False) -> bytes:
    writer = PdfWriter()
    for content in contents:
        add_page(writer, content, encoding, picture=picture)
    return written(writer)
