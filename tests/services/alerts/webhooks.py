"""A receiver of webhooks that checks their signatures on its own and says as JSON what it was sent.

`webhooks.py CERTIFICATE KEY kind|moody|stalled`. Its first line is the port. The key of the signatures is
in WEBHOOK_SECRET. A moody one refuses some for a while, closes some connections without an answer, and
drops some after it has taken them, before it has said so.
"""

import base64
import hashlib
import hmac
import json
import os
import random
import socket
import ssl
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

certificate, key, mode = sys.argv[1:]
secret = base64.b64decode(os.environ["WEBHOOK_SECRET"].removeprefix("whsec_"))


def is_signed(headers, body):
    at = headers["webhook-timestamp"]
    signed = b".".join([headers["webhook-id"].encode(), at.encode(), body])
    wanted = base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
    given = [part.split(",", 1) for part in headers["webhook-signature"].split(" ")]
    good = any(name == "v1" and hmac.compare_digest(value, wanted) for name, value in given)
    return good and abs(time.time() - int(at)) < 300


class Hook(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        mood = random.random() if mode == "moody" else 1
        if mode == "stalled":
            time.sleep(600)
        if mood < 0.1:
            return self.answer(503)
        if mood < 0.15:
            return self.answer(429, "0")
        if mood < 0.2:
            return self.hang_up()
        told = {
            "id": self.headers["webhook-id"],
            "signed": is_signed(self.headers, body),
            "body": json.loads(body),
        }
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        if mood < 0.25:
            return self.hang_up()
        self.answer(200)

    def answer(self, status, after=None):
        self.send_response(status)
        if after is not None:
            self.send_header("Retry-After", after)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def hang_up(self):
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def get_request(self):
        # The handshake is the thread's, so that a client that dies in it holds up nobody.
        connection, address = super().get_request()
        connection.settimeout(20)
        return context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address

    def handle_error(self, *_):
        # Clients are killed all the time.
        pass


context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(certificate, key)
server = Server(("127.0.0.1", 0), Hook)
print(server.server_address[1], flush=True)
server.serve_forever()
