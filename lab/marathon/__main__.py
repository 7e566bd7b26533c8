"""python3 -m lab.marathon --listen ADDRESS:PORT --hosts FILE --sandboxes DIR

FILE is JSON: [{"name", "address", "namespace"?, "agent_id"?, "attributes"?}, ...].
"""

import argparse
import asyncio
import json
import logging
import signal

from aiohttp import web

from lab.marathon.api import Api
from lab.marathon.events import HEARTBEAT_SECONDS, EventBus
from lab.marathon.placement import Host
from lab.marathon.service import Service


def arguments():
    parser = argparse.ArgumentParser(prog="python3 -m lab.marathon",
                                     description="A stand-in for Marathon that runs real tasks.")
    parser.add_argument("--listen", required=True, metavar="ADDRESS:PORT")
    parser.add_argument("--unix", metavar="PATH", help="listen on this unix socket too")
    parser.add_argument("--hosts", required=True, metavar="FILE",
                        help="JSON: a list of name, address, namespace, agent_id, attributes")
    parser.add_argument("--sandboxes", required=True, metavar="DIR",
                        help="every task gets a folder here, with its stdout and stderr")
    parser.add_argument("--heartbeat", type=float, default=HEARTBEAT_SECONDS, metavar="SECONDS")
    return parser.parse_args()


async def serve(options):
    with open(options.hosts, encoding="utf-8") as f:
        hosts = [Host(**h) for h in json.load(f)]
    service = Service(hosts, EventBus(options.heartbeat), options.sandboxes)
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    runner = web.AppRunner(Api(service, options.listen).application(), access_log=None)
    await runner.setup()
    address, _, port = options.listen.rpartition(":")
    await web.TCPSite(runner, address.strip("[]"), int(port), shutdown_timeout=1).start()
    if options.unix:
        await web.UnixSite(runner, options.unix, shutdown_timeout=1).start()
    await ended.wait()
    await service.scheduler.end()
    service.bus.cut_off_all()
    await runner.cleanup()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    asyncio.run(serve(arguments()))
