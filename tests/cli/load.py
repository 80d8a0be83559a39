"""Keep-alive clients for end-to-end tests: every response is checked, and none may fail."""
import http.client, json, threading, time


class Load:
    """`clients` threads send requests until stop(). `check(status, headers, body)` gets each response and returns an
    error text or None. A connection that the server closes between two requests is opened again."""

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
                # A stopping server closes idle connections; a request that is in transit then was
                # never accepted. A request on a new connection must not fail.
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
