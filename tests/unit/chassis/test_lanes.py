"""A lane starts no more than it is meant to, and in the order of arrival."""

from chassis.consume import Lane
from chassis.container import workers_needed
from chassis.frames import Message


class Channel:
    """Remember what is written."""

    connection = None  # gone: whatever is written is dropped

    def basic_qos(self, *_: object) -> None: ...

    def basic_consume(self, _queue: str, callback: object) -> str:
        self.deliver = callback
        return "tag"


class Source:
    queue_name, prefetch, concurrency = "q", 4, 2

    def __init__(self) -> None:
        self.begun: list[Message] = []

    def verify(self, channel: object) -> None: ...

    def handle_message(self, message: Message) -> None:
        self.begun.append(message)


def opened() -> tuple[Lane, Source, Channel]:
    source, channel = Source(), Channel()
    lane = Lane(source)
    lane.open(channel)
    return lane, source, channel


def a_message() -> Message:
    message = Message(b"")
    message.channel = Channel()
    message.delivery_info = {"delivery_tag": 1}
    return message


class TestLane:
    def test_starts_as_many_as_its_concurrency(self) -> None:
        _, source, channel = opened()
        messages = [a_message() for _ in range(4)]
        for message in messages:
            channel.deliver(message)

        assert source.begun == messages[:2]

    def test_starts_the_next_when_one_is_done(self) -> None:
        lane, source, channel = opened()
        messages = [a_message() for _ in range(4)]
        for message in messages:
            channel.deliver(message)
        lane.release()

        assert source.begun == messages[:3]

    def test_starts_nothing_once_it_drains(self) -> None:
        lane, source, channel = opened()
        for _ in range(4):
            channel.deliver(a_message())
        lane.drain()
        lane.release()
        channel.deliver(a_message())

        assert len(source.begun) == 2

    def test_forgets_what_waited_when_the_connection_is_new(self) -> None:
        lane, source, channel = opened()
        for _ in range(4):
            channel.deliver(a_message())
        lane.open(Channel())
        lane.release()
        lane.release()

        assert len(source.begun) == 2


class Entrypoint:
    def __init__(self, owner: object, count: int) -> None:
        self._workers = owner, count

    def workers(self) -> tuple[object, int]:
        return self._workers


class TestWorkersNeeded:
    def test_counts_shared_workers_once_and_others_singly(self) -> None:
        entrypoints = [Entrypoint("rpc", 10), Entrypoint("rpc", 10), Entrypoint("h", 5), object()]

        assert workers_needed(entrypoints) == 16
