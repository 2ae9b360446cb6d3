"""Contents to bring: small real ones of every type that is taken, and some that are not what they claim."""

import io
import struct
import zlib
from collections.abc import Iterable
from zipfile import ZIP_DEFLATED, ZipFile

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def packed(*parts: str) -> bytes:
    """A ZIP archive with these parts."""
    buffer = io.BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for part in parts:
            archive.writestr(part, "<x/>")
    return buffer.getvalue()


def png(*more: bytes) -> bytes:
    """A picture of two dots, and whatever follows it. One dot is what others send when they make something up."""
    header = struct.pack(">IIBBBBB", 1, 2, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0\1\0\2")), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks) + b"".join(more)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def pdf(text: str = "申请表") -> bytes:
    """A PDF in name and structure."""
    return b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj<</Type/Catalog>>endobj\n%" + text.encode() + b"\n%%EOF\n"


JPEG_STARTS: Iterable[bytes] = (
    b"\xff\xd8\xff\xe0\0\x10JFIF\0\1",
    b"\xff\xd8\xff\xe1\0\x10Exif\0\0",
    b"\xff\xd8\xff\xdb\0C",
)

TAKEN: dict[str, tuple[bytes, str, str]] = {
    "pdf": (pdf(), "application/pdf", "申请表.pdf"),
    "ofd": (packed("OFD.xml", "Doc_0/Document.xml"), "application/ofd", "请示.ofd"),
    "png": (png(), "image/png", "扫描件.png"),
    "jpeg": (b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xd9", "image/jpeg", "扫描件.jpg"),
    "docx": (packed("[Content_Types].xml", "word/document.xml"), DOCX, "说明.docx"),
    "xlsx": (packed("[Content_Types].xml", "xl/workbook.xml"), XLSX, "信息项.xlsx"),
    "text": ("数据使用说明\n".encode(), "text/plain", "说明.txt"),
    "text gb18030": ("数据使用说明\r\n".encode("gb18030"), "text/plain", "说明.txt"),
    "csv": ("\ufeff姓名,身份证号码\n".encode(), "text/csv", "信息项.csv"),
    "csv gb18030": ("姓名,身份证号码\r\n".encode("gb18030"), "text/csv", "信息项.csv"),
}
"""Content, type, name."""

REFUSED: dict[str, tuple[bytes, str]] = {
    "png that claims to be a pdf": (png(), "application/pdf"),
    "pdf that claims to be a png": (pdf(), "image/png"),
    "pdf with a picture's end that claims to be one": (pdf() + png(), "image/png"),
    "docx that claims to be a pdf": (TAKEN["docx"][0], "application/pdf"),
    "docx that claims to be an xlsx": (TAKEN["docx"][0], XLSX),
    "both a docx and an ofd": (packed("OFD.xml", "word/document.xml", "[Content_Types].xml"), DOCX),
    "docx with macros": (packed("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), DOCX),
    "xlsx with macros in other letters": (packed("xl/workbook.xml", "xl/VBAPROJECT.BIN"), XLSX),
    "any zip": (packed("a.txt"), "application/zip"),
    "any zip without a claim": (packed("a.exe"), "application/octet-stream"),
    "zip cut short": (TAKEN["docx"][0][:40], DOCX),
    "program": (b"MZ\x90\0\3\0\0\0", "application/octet-stream"),
    "program for linux": (b"\x7fELF\2\1\1\0", "application/octet-stream"),
    "old word file": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 64, "application/msword"),
    "html": (b"<!doctype html><html><script>alert(1)</script>", "text/html"),
    "html that claims to be text": (b"  <HTML><body>", "text/plain"),
    "script tag that claims to be text": (b"<script>alert(1)</script>", "text/plain"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
    "xml that claims to be text": (b"\xef\xbb\xbf<?xml version='1.0'?><a/>", "text/plain"),
    "shell script": (b"#!/bin/sh\nrm -rf /\n", "text/plain"),
    "rich text": (b"{\\rtf1 }", "text/plain"),
    "utf-16 text": ("说明".encode("utf-16"), "text/plain"),
    "text with a nul": (b"abc\0def", "text/plain"),
    "half a character": ("说明".encode()[:-1] + b"\xff", "text/plain"),
    "gif": (b"GIF89a\1\0\1\0", "image/gif"),
    "form": (b"a=b", "application/x-www-form-urlencoded"),
    "multipart form": (b"--x\r\n\r\n--x--", "multipart/form-data; boundary=x"),
}
"""Content and claimed type; each is 415."""
