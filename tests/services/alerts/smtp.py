"""An SMTP server that says as JSON what it was sent: `smtp.py CERTIFICATE KEY starttls|implicit`.

Its first line is the port. Only the account `alerts` with the password in SMTP_PASSWORD may send, and
only over TLS.
"""

import asyncio
import email
import email.policy
import json
import logging
import os
import ssl
import sys
import warnings

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

# Clients that are killed, its own use of what it has deprecated, and TLS that it does not see.
warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)

certificate, key, mode = sys.argv[1:]
password = os.environ["SMTP_PASSWORD"]
context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(certificate, key)


def authenticate(server, session, envelope, mechanism, account):
    good = isinstance(account, LoginPassword) and (
        account.login == b"alerts" and account.password == password.encode()
    )
    return AuthResult(success=good, handled=False)


class Kept:
    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        told = {
            "tls": server.transport.get_extra_info("ssl_object") is not None,
            "authenticated": bool(session.authenticated),
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "headers": [[name, str(value)] for name, value in message.items()],
            "text": message.get_body(("plain",)).get_content(),
            "html": message.get_body(("html",)).get_content(),
        }
        print(json.dumps(told), flush=True)
        return "250 taken"


def protocol():
    if mode == "starttls":
        return SMTP(
            Kept(),
            tls_context=context,
            require_starttls=True,
            authenticator=authenticate,
            auth_required=True,
        )
    # The session is encrypted before it begins, which this server does not count as TLS of its own.
    return SMTP(Kept(), authenticator=authenticate, auth_required=True, auth_require_tls=False)


async def main():
    tls = context if mode == "implicit" else None
    loop = asyncio.get_running_loop()
    server = await loop.create_server(protocol, "127.0.0.1", 0, ssl=tls)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
