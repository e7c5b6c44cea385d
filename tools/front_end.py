"""Play a reader who moves every control of a notebook, over the messages a browser sends.

An `interact` callback may be sound at the slider's first value and raise at another, and
an error in a callback stands in a widget, not in the cell: so each slider goes to both
ends, each choice is taken, each switch turned and each button pressed, and put back.
"""
from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from html import unescape
from typing import Any

from notebook_client import CourseClient

ERROR_LINE = re.compile(r"hf-error|role=[\"']?alert")
QUIET = 0.05  # seconds without a message
SLIDERS = ("FloatSliderModel", "IntSliderModel", "BoundedIntTextModel", "BoundedFloatTextModel",
           "PlayModel")
CHOICES = ("DropdownModel", "RadioButtonsModel", "ToggleButtonsModel", "SelectModel",
           "SelectionSliderModel")
SWITCHES = ("CheckboxModel", "ToggleButtonModel")


def output_faults(outputs: list[dict], place: str) -> Iterator[str]:
    """What is wrong among the outputs of a cell or of an Output widget."""
    for output in outputs:
        if output["output_type"] == "error":
            yield f"{place} shows {output['ename']}: {one_line(output['evalue'])}"
        elif output["output_type"] == "stream" and output["name"] == "stderr":
            yield f"{place} holds stderr: {one_line(output['text'])}"
        elif ERROR_LINE.search(html := "".join(output.get("data", {}).get("text/html", ""))):
            yield f"{place} shows an error line: {one_line(text_of(html))}"


def widget_faults(client: CourseClient) -> Iterator[tuple[str, str]]:
    """Pairs (widget's id, reason) for every widget that shows an error now."""
    for comm_id, state in client.widget_state.items():
        if state.get("_model_name") == "OutputModel":
            for reason in output_faults(state.get("outputs") or [], "a widget's output"):
                yield comm_id, reason
        elif ERROR_LINE.search(html := str(state.get("value", ""))):
            yield comm_id, f"a widget shows an error line: {one_line(text_of(html))}"


def moves(state: dict[str, Any]) -> list[dict[str, Any]]:
    """The states that a reader can put a control into, the present one last."""
    name, now = state.get("_model_name"), state.get("value")
    if state.get("disabled"):
        return []
    if name in SLIDERS:
        return [{"value": value} for value in (state["min"], state["max"]) if value != now] + [{"value": now}]
    if name == "FloatLogSliderModel":
        base = state["base"]
        return [{"value": value} for value in (base ** state["min"], base ** state["max"], now)]
    if name in ("IntRangeSliderModel", "FloatRangeSliderModel"):
        return [{"value": [state["min"], state["max"]]}, {"value": now}]
    if name in CHOICES:
        index = state.get("index")
        others = [i for i in range(len(state["_options_labels"])) if i != index]
        return [{"index": i} for i in [*others, index]]
    if name in SWITCHES:
        return [{"value": not now}, {"value": now}]
    return []


def send(client: CourseClient, comm_id: str, data: dict[str, Any]) -> str:
    """Send what a browser would send for a widget; return the message's id."""
    message = client.kc.session.msg("comm_msg", {"comm_id": comm_id, "data": data})
    client.cell_of[message["header"]["msg_id"]] = client.creator[comm_id]
    client.kc.shell_channel.send(message)
    return message["header"]["msg_id"]


async def move_controls(client: CourseClient, seconds: float) -> AsyncIterator[tuple[int, str]]:
    """Move every control; yield (cell's index, reason) for each fault that this brings out.

    After each move the kernel has `seconds` to deal with it, and after a control's last
    one QUIET more for what a task of its own still draws.
    """
    told = set(widget_faults(client))
    for comm_id in list(client.creator):
        state = client.widget_state.get(comm_id, {})
        label = state.get("description") or state.get("_model_name", "").removesuffix("Model")
        actions = [({"method": "update", "state": move, "buffer_paths": []},
                    f"moving “{label}” to {next(iter(move.values()))}") for move in moves(state)]
        if state.get("_model_name") == "ButtonModel" and not state.get("disabled"):
            actions = [({"method": "custom", "content": {"event": "click"}}, f"pressing “{label}”")]
        for left, (data, action) in zip(reversed(range(len(actions))), actions):
            index = client.creator[comm_id]
            before = len(client.nb.cells[index].outputs)
            answered = await client.settle(0 if left else QUIET, send(client, comm_id, data), seconds)
            if not answered:
                yield index, f"{action}: no answer within {seconds:g} s"
                return
            new = output_faults(client.nb.cells[index].outputs[before:], "the cell's output")
            for faulty, reason in [*((comm_id, reason) for reason in new), *widget_faults(client)]:
                if (faulty, reason) not in told:
                    told.add((faulty, reason))
                    yield client.creator.get(faulty, index), f"{action}: {reason}"


def text_of(html: str) -> str:
    return unescape(re.sub(r"<style.*?</style>|<[^>]*>", " ", html, flags=re.DOTALL))


def one_line(text: str | list[str], width: int = 160) -> str:
    text = " ".join("".join(text).split())
    return text if len(text) <= width else text[:width - 1] + "…"
