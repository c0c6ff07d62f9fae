import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = os.environ.get("PROTOCOL", "HTTP/1.0")
    timeout = 2

    def do_POST(self):
        if self.path == "/read":
            self.rfile.read(int(self.headers["Content-Length"]))
        with open(os.environ["HANDLED"], "a") as log:
            log.write(self.headers["webhook-id"] + "\n")
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
        if self.path != "/read":
            self.close_connection = True

    def log_message(self, *arguments):
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass


Server(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
