"""What a program in Python does with networks, by docker-py: each line that it prints is a fact for the test."""

import json
import socket
import sys
import time

import docker

SERVE = """$| = 1; $s = IO::Socket::INET->new(LocalPort => 7777, Listen => 9, ReuseAddr => 1) or die;
print "up\\n"; while ($c = $s->accept) { print $c "here\\n"; close $c }"""


def say(name, value):
    print(json.dumps([name, value]), flush=True)


def ask(container, host):
    command = ["timeout", "2", "bash", "-c", "cat </dev/tcp/%s/7777" % host]
    return container.exec_run(command, stderr=False).output.decode().strip()


def addresses(container):
    container.reload()
    found = container.attrs["NetworkSettings"]["Networks"]
    return {name: settings["IPAddress"] for name, settings in found.items()}


client = docker.from_env(version=sys.argv[1])
api = client.api
began = time.time()
pool = docker.types.IPAMPool(subnet="10.71.0.0/24", gateway="10.71.0.254")
network = client.networks.create("py", driver="bridge", ipam=docker.types.IPAMConfig(pool_configs=[pool]))
second = client.networks.create("py2")

endpoint = api.create_endpoint_config(aliases=["www"], ipv4_address="10.71.0.9")
made = api.create_container(
    "ubuntu",
    ["perl", "-MIO::Socket::INET", "-e", SERVE],
    name="py-web",
    ports=[7777],
    host_config=api.create_host_config(port_bindings={7777: ("127.0.0.1", None)}, network_mode="py"),
    networking_config=api.create_networking_config({"py": endpoint}),
)
web = client.containers.get(made["Id"])
web.start()
user = client.containers.run("ubuntu", ["sleep", "1000"], name="py-user", network="py", detach=True)

say("log", next(web.logs(stream=True)).decode())
say("address", addresses(web)["py"])
say("reached", [ask(user, name) for name in ("www", "py-web", "10.71.0.9")])
port = web.ports["7777/tcp"][0]
with socket.create_connection((port["HostIp"], int(port["HostPort"])), 5) as connection:
    say("published", connection.recv(100).decode())

second.connect(user, aliases=["other"])
say("connected", sorted(addresses(user)))
network.disconnect(user)
say("disconnected", sorted(addresses(user)))
say("unreachable", ask(user, "py-web"))
network.connect(user, ipv4_address="10.71.0.20")
say("connected again", ask(user, "py-web"))
say("members", sorted(one.name for one in client.networks.get("py").containers))

code, (out, err) = user.exec_run(["sh", "-c", "echo out; echo err >&2; exit 3"], demux=True)
say("exec", [code, out.decode(), err.decode()])
stats = web.stats(stream=False)
say("received", stats["networks"]["eth0"]["rx_packets"] > 0)

web.remove(force=True)
user.remove(force=True)
network.remove()
second.remove()
filters = {"type": "network"}
seen = client.events(since=int(began), until=int(time.time()) + 1, filters=filters, decode=True)
say("events", sorted({"%s %s" % (event["Action"], event["Actor"]["Attributes"]["name"]) for event in seen}))
try:
    client.networks.get("py")
except docker.errors.NotFound as error:
    say("gone", error.explanation)
