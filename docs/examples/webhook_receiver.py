"""A receiver of webhooks: checks each message, prints what is new. SECRET is the webhook's; the port is given."""

import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

SEEN: set[str] = set()  # yours would be a table, written in the same transaction as what you do with the event


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            event = Webhook(os.environ["SECRET"]).verify(body, dict(self.headers))
        except WebhookVerificationError:
            self.answer(401)
            return
        if event["id"] not in SEEN:
            SEEN.add(event["id"])
            print(event["id"], event["type"], event["data"], flush=True)
        self.answer(204)

    def answer(self, status: int) -> None:
        self.send_response(status)
        self.end_headers()


HTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
