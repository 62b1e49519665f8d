#!/usr/bin/python3
"""Compares packaging/kubernetes/sockbox.yaml with the types of Kubernetes' API, and with itself.

Usage: manifests.py FILE

The types are those of Kubernetes' client for Python. Prints what is wrong and exits with 1, or with 77
and the reason if the client is not installed.
"""
import json
import sys

try:
    import kubernetes.client
    import yaml
except ImportError as error:
    print(f"{error}: python3-kubernetes is not installed")
    sys.exit(77)

TYPES = {("v1", "Namespace"): "V1Namespace", ("v1", "ConfigMap"): "V1ConfigMap",
         ("v1", "Service"): "V1Service", ("apps/v1", "DaemonSet"): "V1DaemonSet"}
differences = []


def check(holds, what):
    if not holds:
        print(what)
        differences.append(what)


class Answer:
    """What the client takes objects from."""

    def __init__(self, value):
        self.data = json.dumps(value)


def without_what_was_lost(given, taken, path):
    """Reports each field that the API does not know, and each value that it reads as another one."""
    if isinstance(given, dict) and isinstance(taken, dict):
        for name, value in given.items():
            check(name in taken, f"{path}.{name}: there is no such field")
            if name in taken:
                without_what_was_lost(value, taken[name], f"{path}.{name}")
    elif isinstance(given, list) and isinstance(taken, list) and len(given) == len(taken):
        for index, (one, other) in enumerate(zip(given, taken)):
            without_what_was_lost(one, other, f"{path}[{index}]")
    else:
        check(given == taken and type(given) is type(taken), f"{path}: {given!r} is read as {taken!r}")


def check_types(document, name):
    kind = TYPES.get((document.get("apiVersion"), document.get("kind")))
    check(kind, f"{name}: an unknown kind")
    if not kind:
        return
    client = kubernetes.client.ApiClient()
    try:
        taken = client.deserialize(Answer(document), kind)  # refuses missing and wrong values
    except (ValueError, TypeError) as error:
        check(False, f"{name}: {error}")
        return
    without_what_was_lost(document, client.sanitize_for_serialization(taken), name)


def check_daemon_set(document, name, documents):
    spec = document["spec"]
    pod = spec["template"]["spec"]
    labels = spec["template"]["metadata"]["labels"]
    check(spec["selector"]["matchLabels"].items() <= labels.items(),
          f"{name}: the selector does not match the pods")
    services = [one for one in documents if one["kind"] == "Service"
                and one["spec"]["selector"].items() <= labels.items()]
    check(len(services) == 1, f"{name}: {len(services)} services")
    ports = {(port["name"], port["containerPort"], port["protocol"])
             for container in pod["containers"] for port in container["ports"]}
    for service in services:
        check(service["spec"]["clusterIP"] == "None", f"{name}: the service is not headless")
        check(ports == {(port["name"], port["port"], port["protocol"])
                        for port in service["spec"]["ports"]}, f"{name}: other ports in the service")
    maps = {one["metadata"]["name"]: one["data"] for one in documents if one["kind"] == "ConfigMap"}
    volumes = {one["name"]: one["configMap"]["name"] for one in pod.get("volumes", [])}
    check(set(volumes.values()) <= set(maps), f"{name}: no such ConfigMap: {volumes}")
    for container in pod["containers"]:
        arguments = dict(word.lstrip("-").partition("=")[::2] for word in container["args"])
        for mount in container.get("volumeMounts", []):
            files = [f"{mount['mountPath']}/{file}" for file in maps[volumes[mount["name"]]]]
            check(arguments["targets"] in files, f"{name}: no {arguments['targets']} in {files}")
        numbers = {str(port) for _, port, _ in ports}
        used = {arguments["metrics"].rpartition(":")[2], arguments.get("port")} - {None}
        check(used == numbers, f"{name}: the arguments name the ports {used}, not {numbers}")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        documents = list(yaml.safe_load_all(file))
    documents = [one for one in documents if one]
    namespaces = [one["metadata"]["name"] for one in documents if one["kind"] == "Namespace"]
    for document in documents:
        name = f"{document['kind']} {document['metadata']['name']}"
        check_types(document, name)
        check(document["kind"] == "Namespace" or document["metadata"]["namespace"] in namespaces,
              f"{name}: its namespace is not in the file")
        if document["kind"] == "DaemonSet" and not differences:
            check_daemon_set(document, name, documents)
    print("; ".join(sorted(f"{one['kind']} {one['metadata']['name']}" for one in documents)))
    sys.exit(1 if differences else 0)


main()
