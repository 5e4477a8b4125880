"""TensorBoard itself looks on at a folder, the argument: for every line of standard input it reads what
is new there, and prints a JSON object of all that it knows."""
import json
import logging
import sys

from google.protobuf import json_format
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import metadata

logging.disable(logging.CRITICAL)
folder = sys.argv[1]
accumulator = EventAccumulator(folder)
for _ in sys.stdin:
    accumulator.Reload()
    known = {
        "scalars": {
            tag: [[event.step, event.value] for event in accumulator.Scalars(tag)]
            for tag in accumulator.Tags()["scalars"]
        },
        "images": {
            tag: [[event.step, event.width, event.height] for event in accumulator.Images(tag)]
            for tag in accumulator.Tags()["images"]
        },
        "texts": {
            tag: accumulator.Tensors(tag)[0].tensor_proto.string_val[0].decode()
            for tag in accumulator.PluginTagToContent("text")
        },
    }
    hparams = accumulator.PluginTagToContent("hparams")
    start = metadata.parse_session_start_info_plugin_data(hparams[metadata.SESSION_START_INFO_TAG])
    known["hparams"] = json_format.MessageToDict(start)["hparams"]
    print(json.dumps(known), flush=True)
