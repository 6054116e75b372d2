"""The tablet's bluetoothd, as the tablet's settings and its system manager reach it."""

import asyncio
import os
import signal

ANSWER_WITHIN = 10
BACK_WITHIN = 60
SERVICE, ADAPTER = 'org.bluez', '/org/bluez/hci0'
PROPERTIES = 'org.freedesktop.DBus.Properties'


async def call(destination, path, method, *arguments):
    """Calls a method over the system bus; its answer as dbus-send prints it, or an error."""
    command = ['dbus-send', '--system', '--print-reply=literal', f'--dest={destination}', path, method, *arguments]
    pipes = {'stdout': asyncio.subprocess.PIPE, 'stderr': asyncio.subprocess.PIPE}
    process = await asyncio.create_subprocess_exec(*command, **pipes)
    answer, words = await asyncio.wait_for(process.communicate(), ANSWER_WITHIN)
    if process.returncode:
        raise RuntimeError(f'{method}: {words.decode().strip()}')
    return answer.decode().strip()


async def until_done(what, within, attempt):
    """Tries until it succeeds."""
    end = asyncio.get_running_loop().time() + within
    while True:
        try:
            return await attempt()
        except RuntimeError as error:
            if asyncio.get_running_loop().time() > end:
                raise RuntimeError(f'{what}: {error}') from error
        await asyncio.sleep(0.1)


async def set_power(on):
    """Switches the tablet's Bluetooth on or off; it is busy while the adapter is being set up."""
    power = ('string:org.bluez.Adapter1', 'string:Powered', f'variant:boolean:{"true" if on else "false"}')
    await until_done('power', BACK_WITHIN, lambda: call(SERVICE, ADAPTER, f'{PROPERTIES}.Set', *power))


async def wait_for_adapter():
    """Waits until bluetoothd has found the adapter."""
    address = ('string:org.bluez.Adapter1', 'string:Address')
    await until_done('no adapter', BACK_WITHIN, lambda: call(SERVICE, ADAPTER, f'{PROPERTIES}.Get', *address))


async def restart():
    """Ends bluetoothd, which the machine starts again, and waits until it is back and on."""
    bus = ('org.freedesktop.DBus', '/org/freedesktop/DBus')
    answer = await call(*bus, 'org.freedesktop.DBus.GetConnectionUnixProcessID', f'string:{SERVICE}')
    process = int(answer.split()[-1])
    os.kill(process, signal.SIGTERM)
    for _ in range(BACK_WITHIN * 10):
        if not os.path.exists(f'/proc/{process}'):
            break
        await asyncio.sleep(0.1)
    await wait_for_adapter()
    await set_power(True)
