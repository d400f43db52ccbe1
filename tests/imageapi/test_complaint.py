"""The shapes in which the API, its framework and proxies complain."""

import json
import time

import pytest

from studio.imageapi.complaint import FIELDS, Complaint, plain, read_complaint

OPTIONS = ("output_format", "aspect_ratio", "num_images")


@pytest.mark.parametrize(
    ("said", "code", "message"),
    [
        ({"error": "validation_failed", "message": "No prompt."}, "validation_failed", "No prompt."),
        ({"code": "invalid_api_key", "detail": "Who?"}, "invalid_api_key", "Who?"),
        ({"detail": "Not found."}, "", "Not found."),
        ({"error": {"code": "rate_limited", "message": "Slow."}}, "rate_limited", "Slow."),
        ({"error": "The prompt is empty."}, "", "The prompt is empty."),
        ({"error": "rate_limited"}, "rate_limited", ""),
        ({"detail": {"code": "x_y", "message": "Deep."}}, "x_y", "Deep."),
        ({"detail": "Invalid token.", "code": "token_not_valid"}, "token_not_valid", "Invalid token."),
        ({"code": 400, "message": "Numbers."}, "", "Numbers."),
        ({"error": None, "message": None}, "", ""),
        ({"output_format": ["Bad choice."]}, "", "output_format: Bad choice."),
        ({"output_format": "Bad choice."}, "", "output_format: Bad choice."),
        ({"seed": ["Too big."]}, "", "seed: Too big."),
        ({"non_field_errors": ["Too much."]}, "", "Too much."),
        (
            {"error": "validation_failed", "message": "Invalid.", "details": {"num_images": ["At most 4."]}},
            "validation_failed",
            "Invalid; num_images: At most 4.",
        ),
        ({"detail": [{"loc": ["body", "num_images"], "msg": "Too many."}]}, "", "Too many."),
        (
            {"message": "prompt is bad.", "details": {"prompt": ["prompt is bad."]}},
            "",
            "prompt is bad.",
        ),
        ({"message": "bad", "detail": "Bad."}, "", "bad"),
        ({"message": "Bad prompt", "detail": "bad prompt: a king."}, "", "bad prompt: a king."),
        ({"message": "Bad.", "request_id": "r-17"}, "", "Bad."),
        (["First.", "Second."], "", "First; Second."),
        ("Only words.", "", "Only words."),
        ({}, "", ""),
        (None, "", ""),
        (17, "", ""),
    ],
)
def test_every_documented_shape_is_understood(said, code, message):
    complaint = read_complaint(json.dumps(said).encode())
    assert (complaint.code, complaint.message) == (code, message)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", ""),
        (b"Too many requests.", "Too many requests."),
        (b"<!DOCTYPE html><html><h1>Blocked</h1></html>", ""),
        (b"  \n<html>", ""),
        (b"\xff\x00\x01 broken", "\ufffd broken"),
        (b"[" * 100_000, "[" * 299 + "…"),
    ],
)
def test_what_is_no_json_is_understood_or_ignored(body, message):
    assert read_complaint(body).message == message


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ("prompt is not supported by this model", "Prompt is not supported by this model."),
        ("Too long!", "Too long!"),
        ("output_format: Bad choice.", "output_format: Bad choice."),
        ("", ""),
    ],
)
def test_people_read_a_sentence(message, sentence):
    assert Complaint(message=message).sentence == sentence


@pytest.mark.parametrize(
    ("said", "parameter"),
    [
        ({"output_format": ["Bad."]}, "output_format"),
        ({"details": {"aspect_ratio": ["Bad."]}}, "aspect_ratio"),
        ({"detail": [{"loc": ["body", "num_images"], "msg": "Bad."}]}, "num_images"),
        ({"error": {"message": "Bad.", "param": "output_format"}}, "output_format"),
        ({"detail": "Unknown field output_format."}, "output_format"),
        ({"message": "aspect_ratio is bad, see output_format."}, "aspect_ratio"),
        ({"message": "Your prompt 'a poster about aspect ratio' was blocked."}, ""),
        ({"prompt": ["Must not mention output_format."]}, ""),
        ({"message": "The prompt is empty."}, ""),
        ({"message": "my_output_formats"}, ""),
        ({}, ""),
    ],
)
def test_the_option_at_fault_is_found(said, parameter):
    assert read_complaint(json.dumps(said).encode()).parameter(OPTIONS) == parameter


def test_only_options_that_were_sent_are_found():
    complaint = read_complaint(b'{"output_format": ["Bad."], "num_images": ["Bad."]}')
    assert complaint.parameter(("num_images",)) == "num_images"
    assert Complaint(message="output_format or num_images").parameter(("num_images",)) == "num_images"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("two\r\nlines\tand\x00more", "two lines and more"),
        ("<b>bold</b> <script>alert('x')</script>end", "bold end"),
        ("&lt;img src=x onerror=alert(1)&gt; &amp; co", "& co"),
        ("<img src=x onerror=alert(1)", ""),
        ("<!-- hidden --> seen", "seen"),
        ("a < b and b > a", "a < b and b > a"),
        ("right\u202eto left", "right to left"),
        ("\ud800lone", "lone"),
        ("x" * 400, "x" * 299 + "…"),
    ],
)
def test_words_are_shown_as_one_plain_line(text, shown):
    assert plain(text) == shown


@pytest.mark.parametrize("trick", ["<script", "<a", "<!--", "<", "&lt;", "&#60;"])
def test_no_text_takes_long_to_clean(trick):
    began = time.process_time()
    plain(trick * 200_000)
    assert time.process_time() - began < 0.5


def test_a_huge_complaint_stays_small():
    body = json.dumps({name: ["x" * 1000] * 100 for name in FIELDS}).encode()
    assert len(read_complaint(body).message) == 300
