# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A gluster command whose answers are cut, garbled, late, missing or far too long, by the drawing of a seed.

The unit tests garble the answers of clusters that they play. Run as a program, this file stands in for the real command on a node
of the lab: a copy named ``gluster`` comes first in PATH, asks the real one, and garbles what that says. It needs the standard library only.

``GEOREP_CHAOS`` holds what it does, as JSON: ``real``, the path of the real command; ``log``, a file that gets a line for each call;
``kind``, the calls that are meant (see :func:`kind_of`); ``from``, the first of them to be garbled; ``always``, whether all later ones are,
too; ``garble`` and ``seed``.
"""

from __future__ import annotations

import collections
import fcntl
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
import typing as t


class Said(t.NamedTuple):
    """What a command said. A negative exit code is the signal that ended it."""

    rc: int
    out: bytes
    err: bytes


Garble = t.Callable[[random.Random, Said], Said]

#: Bytes that no text has: not UTF-8, and what terminals obey.
_ALIEN = (b"\x00", b"\x01", b"\x1b[2J", b"\x1b]0;title\x07", b"\x80", b"\xff\xfe", b"\xc3\x28", b"\xed\xa0\x80", b"\xe2\x80\xae", b"\x7f")
_LINE = b"[2026-11-30 10:00:00.000000 +0000] W [socket.c:751:__socket_rwv] 0-glusterfs: readv on /run/gluster failed\n"
_HEAD = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OTHERS = (
    _HEAD + b"<cliOutput><opRet>0</opRet><opErrno>0</opErrno><opErrstr/></cliOutput>",
    _HEAD + b"<cliOutput><opRet>0</opRet><opErrno>0</opErrno><opErrstr/><volList><count>0</count></volList></cliOutput>",
    _HEAD + b"<html><body><h1>502 Bad Gateway</h1></body></html>",
    b'{"jsonrpc": "2.0", "result": []}\n',
    b"success\n",
    b"\n",
    b"0",
)


def _at(rng: random.Random, text: bytes) -> int:
    return rng.randrange(len(text)) if text else 0


def _part(rng: random.Random, text: bytes, most: int = 400) -> tuple[int, int]:
    begin = _at(rng, text)
    return begin, min(len(text), begin + rng.randint(1, most))


def _texts(text: bytes) -> list[re.Match[bytes]]:
    """What stands between two tags."""
    return list(re.finditer(rb">([^<>\n]+)<", text))


def _in_text(rng: random.Random, text: bytes, make: t.Callable[[bytes], bytes]) -> bytes:
    """With another content in one element, or in one word where there are no elements."""
    found = _texts(text) or list(re.finditer(rb"(\S+)", text))
    if not found:
        return make(b"")
    one = rng.choice(found)
    return text[: one.start(1)] + make(one[1]) + text[one.end(1) :]


def _spoiled(rng: random.Random, word: bytes) -> bytes:
    at = _at(rng, word)
    return word[:at] + rng.choice(_ALIEN) + word[at + 1 :]


def cut(rng: random.Random, said: Said) -> Said:
    return said._replace(out=said.out[: _at(rng, said.out.rstrip())])


def cut_and_killed(rng: random.Random, said: Said) -> Said:
    return Said(-rng.choice((6, 9, 11, 15)), said.out[: _at(rng, said.out.rstrip())], b"")


def beginning_lost(rng: random.Random, said: Said) -> Said:
    return said._replace(out=said.out[1 + _at(rng, said.out) :])


def hole(rng: random.Random, said: Said) -> Said:
    begin, end = _part(rng, said.out)
    return said._replace(out=said.out[:begin] + said.out[end:])


def stutter(rng: random.Random, said: Said) -> Said:
    begin, end = _part(rng, said.out)
    return said._replace(out=said.out[:end] + said.out[begin:end] + said.out[end:])


def noise(rng: random.Random, said: Said) -> Said:
    out = bytearray(said.out)
    for _count in range(rng.randint(1, 20) if out else 0):
        out[_at(rng, said.out)] = rng.randrange(256)
    return said._replace(out=bytes(out))


def alien(rng: random.Random, said: Said) -> Said:
    """Control characters, or bytes that are not UTF-8, anywhere."""
    at = _at(rng, said.out)
    return said._replace(out=said.out[:at] + rng.choice(_ALIEN) * rng.randint(1, 3) + said.out[at:])


def alien_value(rng: random.Random, said: Said) -> Said:
    """The same inside one value, where the document stays well-formed as far as it can."""
    return said._replace(out=_in_text(rng, said.out, lambda word: _spoiled(rng, word)))


def emptied_value(rng: random.Random, said: Said) -> Said:
    return said._replace(out=_in_text(rng, said.out, lambda _word: b""))


def odd_number(rng: random.Random, said: Said) -> Said:
    """A number that is none, or that nothing can hold, in the place of one."""
    odd = rng.choice((b"9" * 5000, b"-1", "\u00b2".encode(), "\u0663".encode(), b"0x10", b"1e9", b"NaN", b"9" * 19, b"1_0", b" ", b"4294967296"))
    found = [one for one in _texts(said.out) if re.fullmatch(rb"\d+", one[1])] or list(re.finditer(rb"\b(\d+)\b", said.out))
    if not found:
        return said._replace(out=odd)
    one = rng.choice(found)
    return said._replace(out=said.out[: one.start(1)] + odd + said.out[one.end(1) :])


def odd_time(rng: random.Random, said: Said) -> Said:
    found = list(re.finditer(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", said.out))
    if not found:
        return odd_number(rng, said)
    one = rng.choice(found)
    odd = rng.choice((b"9999-12-31 23:59:59", b"0000-00-00 00:00:00", b"2026-13-45 99:99:99", b"1970-01-01 00:00:00", b"0001-01-01 00:00:00"))
    return said._replace(out=said.out[: one.start()] + odd + said.out[one.end() :])


def tag(rng: random.Random, said: Said) -> Said:
    """An element begins and does not end, or ends under another name, or has another name."""
    found = list(re.finditer(rb"</?(\w+)>", said.out))
    if not found:
        return noise(rng, said)
    one = rng.choice(found)
    name = one[1]
    # An option under another name may be one of a release to come: nothing shows that it is none.
    if rng.random() < 0.5 and b"<config>" not in said.out:
        return said._replace(out=said.out.replace(b"<" + name + b">", b"<x" + name + b">").replace(b"</" + name + b">", b"</x" + name + b">"))
    return said._replace(out=said.out[: one.start()] + rng.choice((b"", b"<", b"</other>", b"<!-- ", b"<![CDATA[")) + said.out[one.end() :])


def entity(rng: random.Random, said: Said) -> Said:
    """A reference to nothing, to a file, or to a billion of something."""
    head = (
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">'
        b'<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
    )
    out = said.out if rng.random() < 0.3 else said.out.replace(b"?>", b"?>" + head, 1)
    return said._replace(out=_in_text(rng, out, lambda _word: b"&" + rng.choice((b"a", b"d", b"f", b"bogus", b"#0", b"#x1b")) + b";"))


def deep(rng: random.Random, said: Said) -> Said:
    count = rng.choice((300, 20000))
    return said._replace(out=_in_text(rng, said.out, lambda word: b"<x>" * count + word + b"</x>" * count))


def encoded(rng: random.Random, said: Said) -> Said:
    """In another encoding, or under the name of another one."""
    name = rng.choice(("utf-16", "utf-32", "cp500", "utf-8-sig", "claimed"))
    if name == "claimed":
        return said._replace(out=said.out.replace(b"UTF-8", rng.choice((b"utf-16", b"EBCDIC-CP-BE", b"nonsense", b"\xff", b"ascii")), 1))
    return said._replace(out=said.out.decode("utf-8", "replace").encode(name))


def framed(rng: random.Random, said: Said) -> Said:
    """Lines of a log before or behind it."""
    return said._replace(out=_LINE + said.out if rng.random() < 0.5 else said.out + _LINE)


def talkative(rng: random.Random, said: Said) -> Said:
    """Lines of a log on standard error: the answer itself is in order."""
    return said._replace(err=_LINE * rng.randint(1, 50) + rng.choice(_ALIEN))


def other(rng: random.Random, said: Said) -> Said:
    """The answer to another question, or of another program."""
    return said._replace(out=rng.choice(_OTHERS))


def silent(rng: random.Random, _said: Said) -> Said:
    return Said(rng.choice((0, 0, 1, 2, 127, 137, 139, 255, -6, -9, -11)), b"", b"")


def broken(rng: random.Random, _said: Said) -> Said:
    """The command does not even start."""
    why = rng.choice(
        (
            b"gluster: error while loading shared libraries: libglusterfs.so.0: cannot open shared object file: No such file or directory\n",
            b"gluster: symbol lookup error: gluster: undefined symbol: gf_strTrim\n",
            b"Segmentation fault (core dumped)\n",
            b"Fatal Python error: \xff\xfe\n" + b"Traceback (most recent call last):\n" * 3,
        )
    )
    return Said(rng.choice((1, 127, 139)), b"", why)


def flood(rng: random.Random, said: Said) -> Said:
    """Half a megabyte that is no answer."""
    line = rng.choice((_LINE, b"y\n", b"\xff\x1b[31m" * 9, b"<x>"))
    return Said(rng.choice((0, 1)), rng.choice((b"", said.out)) + line * (500_000 // len(line)), line * rng.choice((0, 2000)))


def swollen(rng: random.Random, said: Said) -> Said:
    """One value of half a megabyte."""
    return said._replace(out=_in_text(rng, said.out, lambda word: word + b"x" * 500_000))


#: What can be done to an answer. Those of the second line leave an answer that may still be read.
GARBLES: dict[str, Garble] = {
    function.__name__: function
    for function in (
        cut, cut_and_killed, beginning_lost, hole, stutter, noise, alien, tag, entity, deep, encoded, other, silent, broken, flood, swollen,
        alien_value, emptied_value, odd_number, odd_time, framed, talkative,
    )
}  # fmt: skip


def garbled(name: str, seed: str, said: Said) -> Said:
    """The answer after what the seed drew; the same each time."""
    return GARBLES[name](random.Random(f"{seed} {name}"), said)


def kind_of(argv: t.Sequence[str]) -> str:
    """What a call is about, in the words that matter: ``status``, ``volume info``, ``pool list``, ``--version``, ``create`` and so on."""
    words = list(argv[argv.index("--") + 1 :]) if "--" in argv else list(argv[1:])
    far = "far " if any(word.startswith("--remote-host=") for word in argv) else ""
    if words[:2] == ["volume", "geo-replication"]:
        if words[-1] == "status":
            return "status" if "--xml" in argv else "status as text"
        return " ".join(words[4:5]) + ("" if words[4] != "config" or len(words) == 5 else " set")
    return far + " ".join(words[:2])


# --- the judge -------------------------------------------------------------------------------------------------------

#: Beside the garbles of an answer: the command dies before glusterd is asked, is late, or hangs until its time is up.
MISHAPS = (*GARBLES, "never", "late", "hangs")
#: What may be asked without changing anything, see :func:`kind_of`.
READS = (
    "status", "status as text", "config", "--version", "volume info", "far volume info", "pool list", "far pool list", "system:: mount", "far system:: mount",
)  # fmt: skip
_INTERNAL = re.compile(r"Traceback|(Unicode|Value|Key|Index|Attribute|Type|Overflow|Recursion|Lookup|Assertion)\w*Error|unexpected error|None\b")
_ABSENT = re.compile(r"There is no session|has no session to|Sessions here: none|is not a volume|does not exist any more")
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_Result = t.Mapping[str, t.Any]


def drawn(rng: random.Random, kinds: t.Sequence[str], mishaps: t.Sequence[str]) -> tuple[str, int, bool, str]:
    """Which call of a run is garbled, whether all later ones of its kind are, too, and how."""
    place = rng.randrange(len(kinds))
    return kinds[place], kinds[:place].count(kinds[place]), rng.random() < 0.5, rng.choice(mishaps)


def essence(result: _Result) -> t.Any:
    """What of a result may not depend on a garbled answer. That a secondary could not be asked is told in its place."""
    if "status" not in result:
        kept = ("changed", "before", "after", "volumes", "accounts", "steps", "restart_needed", "peers_down", "public_keys")
        own = {name: result[name] for name in kept if name in result}
        return own, [(entry["primary_volume"], entry.get("state"), entry["changed"]) for entry in result.get("sessions", ())]
    states = [(entry["primary_volume"], entry["secondary_volume"], entry["state"]) for entry in result["status"]]
    far = {entry["secondary_host"]: [volume["name"] for volume in entry["volumes"]] for entry in result["secondaries"] if not entry["error"]}
    return sorted(states), sorted(volume["name"] for volume in result["volumes"]), far


def _same(found: t.Any, wanted: t.Any) -> bool:
    if len(wanted) != 3:
        return bool(found == wanted)
    return found[:2] == wanted[:2] and all(wanted[2].get(host) == names for host, names in found[2].items())


def problems(quiet: tuple[_Result, t.Sequence[str]], loud: tuple[_Result, t.Sequence[str]], left: t.Sequence[str]) -> list[str]:
    """What is wrong with a disturbed run, beside one that was left in peace.

    :param quiet: its result, and what was sent to change something; :param left: what the disturbed one left behind.
    """
    result, did = loud
    shown = json.dumps(result, ensure_ascii=False)
    found = []
    if result.get("failed"):
        text = result.get("msg", "")
        if "exception" in result or result.get("error") == "UnexpectedError" or _INTERNAL.search(text):
            found.append("an internal error is shown")
        if len(text) > 3000 or len(shown) > 60_000:
            found.append(f"a message of {len(text)} characters in a result of {len(shown)}")
        if not text.strip():
            found.append("no message")
        if _ABSENT.search(text):
            found.append("absence is told")
    elif not _same(essence(result), essence(quiet[0])):
        found.append(f"success, with {essence(result)} instead of {essence(quiet[0])}")
    if _OBEYED.search(shown):
        found.append("control characters in the result")
    more = collections.Counter(did) - collections.Counter(quiet[1])
    if more:
        found.append(f"sent without need: {sorted(more.elements())}")
    if left:
        found.append(f"left behind: {list(left)}")
    return found


# --- the program -----------------------------------------------------------------------------------------------------


def _ticket(log: str, kind: str, argv: t.Sequence[str], meant: t.Callable[[int], bool]) -> bool:
    """Note a call, and say whether it is to be garbled, by its number among those of its kind."""
    with open(log, "a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        number = sum(json.loads(line)["kind"] == kind for line in file)
        hit = meant(number)
        file.write(json.dumps({"kind": kind, "argv": list(argv), "garbled": hit}) + "\n")
    return hit


def main() -> None:
    order = json.loads(os.environ["GEOREP_CHAOS"])
    kind = kind_of(["gluster", *sys.argv[1:]])
    hit = _ticket(
        order["log"], kind, sys.argv[1:],
        lambda number: kind == order["kind"] and (number >= order["from"] if order["always"] else number == order["from"]),
    )
    if not hit:
        os.execv(order["real"], [order["real"], *sys.argv[1:]])
    if order["garble"] == "never":
        # It dies before glusterd is asked.
        os.kill(os.getpid(), signal.SIGKILL)
    done = subprocess.run([order["real"], *sys.argv[1:]], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    said = Said(done.returncode, done.stdout, done.stderr)
    if order["garble"] == "late":
        time.sleep(3)
    else:
        said = garbled(order["garble"], order["seed"], said)
    for stream, text in ((1, said.out), (2, said.err)):
        while text:
            text = text[os.write(stream, text) :]
    if said.rc < 0:
        os.kill(os.getpid(), -said.rc)
    os._exit(said.rc)


if __name__ == "__main__":
    main()
