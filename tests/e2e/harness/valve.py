"""A TCP forwarder that can be shut: whoever is behind it is then out of reach."""

import contextlib
import selectors
import socket
import threading


class Valve:
    """Forwards connections on a port of its own to another port of this machine."""

    def __init__(self, target: int, address: str = "127.0.0.1", port: int = 0) -> None:
        self._target = target
        self._address = address
        self.port = port
        self._listener: socket.socket | None = None
        self._wake: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self.open()

    def open(self) -> None:
        """Accepts connections, on the same port each time."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self._address, self.port))
        listener.listen()
        self.port = listener.getsockname()[1]
        self._wake, woken = socket.socketpair()
        self._thread = threading.Thread(target=self._forward, args=(listener, woken), daemon=True)
        self._thread.start()

    def shut(self) -> None:
        """Cuts all connections; new ones are refused."""
        if self._thread is None or self._wake is None:
            return
        self._wake.close()
        self._thread.join()
        self._thread = None

    def _forward(self, listener: socket.socket, woken: socket.socket) -> None:
        peers: dict[socket.socket, socket.socket] = {}
        with selectors.DefaultSelector() as selector, contextlib.ExitStack() as stack:
            stack.callback(lambda: [end.close() for end in peers])
            for end in (listener, woken):
                stack.enter_context(end)
                selector.register(end, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    end = key.fileobj
                    assert isinstance(end, socket.socket)
                    if end is woken:
                        return
                    if end is listener:
                        near, _ = listener.accept()
                        far = socket.create_connection(("127.0.0.1", self._target))
                        peers.update({near: far, far: near})
                        selector.register(near, selectors.EVENT_READ)
                        selector.register(far, selectors.EVENT_READ)
                    elif end in peers and not _pass_on(end, peers[end]):
                        for one in (end, peers[end]):
                            selector.unregister(one)
                            del peers[one]
                            one.close()
                        # The rest of this round may name what was just closed.
                        break


def _pass_on(source: socket.socket, sink: socket.socket) -> bool:
    """False at the end of the connection."""
    try:
        data = source.recv(65536)
        sink.sendall(data)
    except OSError:
        return False
    return bool(data)
