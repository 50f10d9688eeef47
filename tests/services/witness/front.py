"""A front with TLS for a server on this machine, as operators put before a witness.

`front.py CERTIFICATE KEY PORT`. Its first line is its own port.
"""

import socket
import socketserver
import ssl
import sys
import threading

certificate, key, behind = sys.argv[1:]


def pass_on(source, target):
    while data := source.recv(65536):
        target.sendall(data)
    target.close()


class Front(socketserver.BaseRequestHandler):
    def handle(self):
        with context.wrap_socket(self.request, server_side=True) as outer:
            with socket.create_connection(("127.0.0.1", int(behind))) as inner:
                threading.Thread(target=pass_on, args=(outer, inner), daemon=True).start()
                pass_on(inner, outer)


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Front)
server.handle_error = lambda *_: None
print(server.server_address[1], flush=True)
server.serve_forever()
