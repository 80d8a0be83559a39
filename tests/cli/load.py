"""Keep-alive clients for end-to-end tests: every answer is checked, none may fail."""
import http.client, json, threading, time


class Load:
    """`clients` threads ask until stop(); each answer goes to `check(status, headers, body)`, which
    returns what is wrong or None. A connection that the server closes between two requests is opened anew."""

    def __init__(self, host, port, body, check, clients=8, path="/predict", content_type="application/json"):
        self.address, self.body, self.check = (host, int(port)), body, check
        self.path, self.content_type = path, content_type
        self.answered, self.faults, self.over = 0, [], False
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(clients)]
        for one in self.threads: one.start()

    def run(self):
        connection = None
        while not self.over:
            fresh = connection is None
            try:
                if fresh:
                    connection = http.client.HTTPConnection(*self.address, timeout=20)
                    connection.connect()
                connection.request("POST", self.path, self.body, {"Content-Type": self.content_type})
                answer = connection.getresponse()
                body = answer.read()
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError) as problem:
                # A server that ends closes connections that wait for their next request; a request
                # that crosses it was never accepted. On a fresh connection nothing may go wrong.
                connection = None
                if fresh: self.fault(f"fresh connection: {problem!r}")
                continue
            except OSError as problem:
                connection = None
                self.fault(repr(problem))
                continue
            wrong = self.check(answer.status, answer.headers, body)
            if wrong: self.fault(wrong)
            with self.lock: self.answered += 1
            if answer.headers.get("Connection") == "close":
                connection.close()
                connection = None

    def fault(self, text):
        with self.lock: self.faults.append(text)

    def stop(self):
        self.over = True
        for one in self.threads: one.join(30)
        return self.answered, self.faults
