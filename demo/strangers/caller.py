"""A stock nameko client: reads a JSON list of calls from stdin, prints the answers."""

import json
import sys
import warnings

warnings.filterwarnings("ignore", message=r"[\s\S]*Eventlet is deprecated")

from nameko.standalone.rpc import ClusterRpcProxy  # noqa: E402 - only the filter silences what this import says


def main(amqp_uri: str, token: str) -> None:
    """Make the calls and print what came back, error or result."""
    answers = []
    config = {"AMQP_URI": amqp_uri}
    with ClusterRpcProxy(config, context_data={"auth_token": token}, timeout=20) as cluster:
        for service, method, arguments in json.load(sys.stdin):
            try:
                answers.append({"result": getattr(cluster[service], method)(**arguments)})
            except Exception as error:  # noqa: BLE001 - whatever a stranger would see
                answers.append({"error": f"{type(error).__name__}: {error}"})
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
