"""A mail server on loopback that keeps what it is given, or refuses it."""

import email
import email.policy
import socketserver
import threading
from contextlib import suppress
from email.message import EmailMessage


class Handler(socketserver.StreamRequestHandler):
    """One client, a line after the other."""

    def handle(self) -> None:
        with suppress(ConnectionError):
            self.say("220 ready")
            while line := self.rfile.readline():
                self.answer(line.decode().strip())

    def say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())

    def answer(self, line: str) -> None:
        verb = line.upper().partition(" ")[0]
        match verb:
            case "EHLO":
                self.say("250-here\r\n250 AUTH PLAIN")
            case "AUTH":
                self.server.said.append(line)
                self.say("235 welcome")
            case "RCPT" if any(name in line for name in self.server.unknown):
                self.say("550 nobody of that name")
            case "DATA":
                self.take()
            case _:
                self.say("250 fine")

    def take(self) -> None:
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line)
        if self.server.busy:
            self.say("451 try again later")
            return
        self.server.mails.append(email.message_from_bytes(b"".join(lines), policy=email.policy.default))
        self.say("250 taken")


class MailServer(socketserver.ThreadingTCPServer):
    """Takes every mail, unless it is `busy` or the name is `unknown`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.mails: list[EmailMessage] = []
        self.said: list[str] = []
        self.unknown: set[str] = set()
        self.busy = False
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def port(self) -> int:
        return self.server_address[1]

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
