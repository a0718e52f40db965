"""Checks Kubernetes manifests without a cluster: each against the schema of its kind, strictly, and what
they say about each other. Prints the environment of each pod as JSON, for a check of the configuration.

manifests.py FILE...
"""

import json
import re
import sys

import kubernetes_validate
import yaml

OLDEST, NEWEST = "1.27", "1.37"


def expanded(text, known):
    """$(NAME) as the kubelet expands it: by what stands before it in the list, else left as it is."""
    return re.sub(r"\$\(([A-Za-z_][A-Za-z0-9_]*)\)", lambda m: known.get(m.group(1), m.group(0)), text)


def environment(container, fields):
    known = {}
    for variable in container["env"]:
        if "value" in variable:
            known[variable["name"]] = expanded(variable["value"], known)
        else:
            known[variable["name"]] = fields[variable["valueFrom"]["fieldRef"]["fieldPath"]]
    return known


def of_kind(documents, kind):
    return [document for document in documents if document["kind"] == kind]


def check_references(documents):
    """Selectors find the pods, ports have the numbers of the container's, the set has its headless service."""
    [pods] = of_kind(documents, "StatefulSet")
    labels = pods["spec"]["template"]["metadata"]["labels"]
    [container] = pods["spec"]["template"]["spec"]["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    services = {service["metadata"]["name"]: service["spec"] for service in of_kind(documents, "Service")}

    def selects(selector, where):
        missing = set(selector.items()) - set(labels.items())
        assert not missing, f"{where} selects {missing}, the pods have {labels}"

    selects(pods["spec"]["selector"]["matchLabels"], "StatefulSet")
    headless = services[pods["spec"]["serviceName"]]
    assert headless["clusterIP"] == "None" and headless["publishNotReadyAddresses"]
    for name, service in services.items():
        selects(service["selector"], name)
        for port in service["ports"]:
            assert ports[port["name"]] == port["port"], f"{name}: {port}, the container has {ports}"
    for policy in of_kind(documents, "NetworkPolicy"):
        selects(policy["spec"]["podSelector"]["matchLabels"], "NetworkPolicy")
        named = {port["port"] for rule in policy["spec"]["ingress"] for port in rule["ports"]}
        assert named == set(ports), f"NetworkPolicy names {named}, the container {set(ports)}"
    for budget in of_kind(documents, "PodDisruptionBudget"):
        selects(budget["spec"]["selector"]["matchLabels"], "PodDisruptionBudget")
        allowed = budget["spec"]["maxUnavailable"]
        assert 2 * allowed < pods["spec"]["replicas"], f"{allowed} of {pods['spec']['replicas']} away is the majority"
    volumes = {volume["name"] for volume in pods["spec"]["template"]["spec"]["volumes"]}
    volumes |= {claim["metadata"]["name"] for claim in pods["spec"]["volumeClaimTemplates"]}
    mounts = {mount["name"] for mount in container["volumeMounts"]}
    assert mounts == volumes, f"mounts {mounts}, volumes {volumes}"
    return pods, container


def main(paths):
    documents = []
    for path in paths:
        with open(path, encoding="utf-8") as file:
            documents += [document for document in yaml.safe_load_all(file) if document]
    for document in documents:
        for version in OLDEST, NEWEST:
            kubernetes_validate.validate(document, version, strict=True)
    pods, container = check_references(documents)
    environments = []
    for ordinal in range(pods["spec"]["replicas"]):
        name = f"{pods['metadata']['name']}-{ordinal}"
        environments.append(environment(container, {"metadata.name": name, "metadata.namespace": "objects"}))
    print(json.dumps({"pods": environments}))


if __name__ == "__main__":
    main(sys.argv[1:])
