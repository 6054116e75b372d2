"""The room of the virtual machine: simulated devices on an emulated radio.

python3 peripheral CONTROL_SOCKET LOG BONDS

Speaks the control protocol of `tests/src/rig/control.rs`; to mute D-Bus is refused, since it is real here.
"""

import asyncio
import json
import sys

import bluez
from bumble import hci
from journal import Journal
from peripheral import Peripheral, short
from radio import Radio

LINE_LIMIT = 16 * 1024 * 1024


class Room:
    def __init__(self, radio, journal, bonds):
        self.radio, self.journal, self.bonds = radio, journal, bonds
        self.devices = {}
        self.over = asyncio.Event()

    async def carry_out(self, request):
        """Does what a request asks; the reply."""
        do = request['do']
        if do == 'add_device':
            await self.add(request['device'])
        elif do == 'state':
            states = {address: await device.state() for address, device in self.devices.items()}
            return {'state': {'devices': states, 'searching': None}}
        elif do == 'log':
            return {'log': self.journal.lines(request['after'])}
        elif do == 'set_power':
            await bluez.set_power(request['on'])
        elif do == 'set_plugged':
            await self.set_plugged(request['plugged'])
        elif do == 'restart_service':
            await bluez.restart()
        elif do == 'shut_down':
            self.over.set()
        elif 'device' in request:
            return await self.at_device(do, request, self.device(request['device'])) or {}
        else:
            raise ValueError(f'this rig cannot {do}')
        return {}

    def device(self, address):
        if address not in self.devices:
            raise ValueError(f'there is no device {address}')
        return self.devices[address]

    async def add(self, spec):
        if spec['address'] in self.devices:
            raise ValueError(f'{spec["address"]} is in the room already')
        device = Peripheral(spec, self.radio, self.journal, self.bonds)
        self.devices[spec['address']] = device
        await device.start()

    async def set_plugged(self, plugged):
        if plugged == bool(self.radio.transport):
            return
        if plugged:
            await self.radio.plug()
            await bluez.wait_for_adapter()
            await bluez.set_power(True)
            return
        for device in self.devices.values():
            await device.hang_up('the adapter was pulled', hci.HCI_CONNECTION_TIMEOUT_ERROR)
        await self.radio.pull()

    async def at_device(self, do, request, device):
        if do == 'remove_device':
            await device.set_present(False)
            await device.device.keystore.delete_all()
            del self.devices[device.address]
        elif do == 'set_present':
            await device.set_present(request['present'])
        elif do == 'set_pairing_mode':
            device.spec['pairing_mode'] = request['on']
        elif do == 'forget_bond':
            await device.device.keystore.delete_all()
        elif do == 'set_memory':
            device.spec['memory'] = request['memory']
        elif do == 'set_pour':
            device.spec['pour'] = request['pour']
        elif do == 'set_value':
            device.characteristics[short(request['characteristic'])][2]['value'] = bytes.fromhex(request['bytes'])
        elif do == 'advertise':
            await device.advertise_anew(request['service_data'])
        elif do == 'send':
            return {'sent': await device.send_record(request['characteristic'], request['record'], 'live')}
        elif do == 'drop_link':
            await device.hang_up('the device dropped it')
        else:
            raise ValueError(f'this rig cannot {do}')

    async def serve(self, reader, writer):
        try:
            while line := await reader.readline():
                try:
                    reply = await self.carry_out(json.loads(line))
                except Exception as error:  # whatever it is, the one who asked is to know
                    reply = {'error': f'{type(error).__name__}: {error}'}
                writer.write(json.dumps(reply).encode() + b'\n')
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()


async def main(socket, log, bonds):
    journal = Journal(log)
    journal.write('started', rig='virtual machine')
    radio = Radio()
    await radio.plug()
    room = Room(radio, journal, bonds)
    server = await asyncio.start_unix_server(room.serve, socket, limit=LINE_LIMIT)
    print('ready', flush=True)
    async with server:
        await room.over.wait()


if __name__ == '__main__':
    asyncio.run(main(*sys.argv[1:4]))
