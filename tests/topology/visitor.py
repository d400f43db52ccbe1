"""Somebody with a browser, as far as the proxy can tell."""

import re
import uuid

import requests


class Visitor(requests.Session):
    """Visits one origin and follows no redirect by itself."""

    def __init__(self, url: str, certificate: str) -> None:
        super().__init__()
        self.trust_env = False
        self.verify, self.url = certificate, url
        self.headers["Referer"] = f"{url}/"

    def request(self, method, address, **how):
        """Ask for a path of the origin, or for an address elsewhere."""
        whole = address if "://" in address else self.url + address
        return super().request(method, whole, **{"allow_redirects": False, "timeout": 60} | how)

    def sign_in(self, email: str, password: str) -> None:
        """Through the door, with the form's token; from then on every request carries it."""
        page = self.get("/accounts/login/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)[1]
        form = {"login": email, "password": password, "csrfmiddlewaretoken": token}
        assert self.post("/accounts/login/", form).headers["Location"] == "/"
        self.headers["X-CSRFToken"] = self.cookies["csrftoken"]

    def order(self, prompt: str, pictures: int = 1) -> None:
        """Order pictures. Whoever reads that the studio did not answer presses the button of the same page again."""
        form = {"prompt": prompt, "num_images": str(pictures), "nonce": uuid.uuid4().hex}
        answer = self.post("/jobs/", form)
        if answer.status_code == 502:
            answer = self.post("/jobs/", form)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/queue/"), answer.text
