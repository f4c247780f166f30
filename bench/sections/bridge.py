"""The CTI bridge: how many calls it understands, that it forgets them, and 250 a second confirmed."""

from bench.ground import Ground
from bench.lines import Bar, Line, rate, ratio
from bench.scale import Scale

ENOUGH = 250.0  # calls a second; a PBX of a hundred agents has one
RATE = 275.0  # what was begun in a second is confirmed in a little more than one
FLAT = Bar(value=1.05, at_most=True)
HELD, FAST = Bar(value=0.9), Bar(value=ENOUGH)


def measure(ground: Ground, scale: Scale) -> list[Line]:
    """Understand alone; remember over very many calls; then the whole way, beside a bare publisher."""
    desk = ground.child("calling", role="desk")
    calls = scale.of(2000)
    desk.ask("understand", calls=calls)  # warm
    understood = [calls / desk.ask("understand", calls=calls) for _ in range(scale.rounds)]
    lines = [rate("calls understood on one core, captures mixed", understood)]
    held = ground.child("calling", role="desk").ask("remember", calls=scale.of(100_000))
    lines.append(Line("resident memory at the end / after a fifth of it", held["late"] / held["early"],
                      "x", FLAT))  # fmt: skip
    return [*lines, *_through(ground, scale)]


def _through(ground: Ground, scale: Scale) -> list[Line]:
    calls = scale.of(2500)
    bare = ground.child("calling", role="desk")
    floor = [calls / bare.ask("bare", calls=calls) for _ in range(scale.rounds)]
    pbx, bridge = ground.child("calling", role="pbx"), ground.child("calling", role="desk")
    bridge.ask("listen", uri=pbx.ask("uri"))
    played = pbx.ask("play", calls=calls, rate=RATE)
    confirmed = bridge.ask("confirmed", calls=calls)
    bridge.ask("end")
    # How long the last of them talk is theirs, neither the PBX's nor the bridge's.
    begun = played["begun"] + played["talk"]
    offered, whole = calls / (played["over"] - begun), calls / (confirmed - begun)
    return [
        Line(f"calls offered, {RATE:g} begun a second", offered, "/s"),
        Line("calls with everything confirmed", whole, "/s", FAST),
        Line("confirmed / offered", whole / offered, "x", HELD),
        rate("the same messages by a bare publisher", floor),
        ratio("bridge / bare publisher", [whole] * len(floor), floor),
    ]
