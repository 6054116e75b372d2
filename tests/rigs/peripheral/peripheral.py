"""One simulated device on bumble, made from the description of `tests/src/rig/description.rs`."""

import asyncio
import struct

import racp
from bumble import att, gatt, hci
from bumble.core import UUID, AdvertisingData
from bumble.device import Device, DeviceConfiguration
from bumble.keys import JsonKeyStore
from bumble.pairing import PairingConfig, PairingDelegate

# Of the slow ones: each advertisement is a message on the bus, and the machine that it is heard on is emulated.
ADVERTISING_MS = 250
CONFIRMED_WITHIN = 20
BASE_UUID = '-0000-1000-8000-00805f9b34fb'
CONTROL_POINT = '2A52'
PROCEDURE_IN_PROGRESS, NOT_CONFIGURED = 0xFE, 0xFD

Properties = gatt.Characteristic.Properties
Permissions = att.Attribute.Permissions
FLAGS = {
    'read': Properties.READ,
    'write': Properties.WRITE,
    'write-without-response': Properties.WRITE_WITHOUT_RESPONSE,
    'notify': Properties.NOTIFY,
    'indicate': Properties.INDICATE,
}
SECURITY = {
    'none': (Permissions(0), Permissions(0)),
    'encrypt': (Permissions.READ_REQUIRES_ENCRYPTION, Permissions.WRITE_REQUIRES_ENCRYPTION),
    'authenticate': (Permissions.READ_REQUIRES_AUTHENTICATION, Permissions.WRITE_REQUIRES_AUTHENTICATION),
}


def short(uuid):
    """`2A5E` for a UUID of the Bluetooth SIG, else the UUID in full, lower case."""
    uuid = uuid.lower()
    if len(uuid) == 4:
        return uuid.upper()
    if uuid.startswith('0000') and uuid.endswith(BASE_UUID):
        return uuid[4:8].upper()
    return uuid


class Delegate(PairingDelegate):
    """Shows the device's passkey, and says no outside the pairing mode."""

    def __init__(self, owner):
        method = owner.spec['pairing']['method']
        shows = method == 'passkey'
        super().__init__(self.DISPLAY_OUTPUT_ONLY if shows else self.NO_OUTPUT_NO_INPUT)
        self.owner, self.method = owner, method

    async def accept(self):
        return self.owner.spec.get('pairing_mode', True) and self.method != 'none'

    async def generate_passkey(self):
        return self.owner.spec['pairing']['passkey']


class Peripheral:
    """A device of the room."""

    def __init__(self, spec, radio, journal, bonds):
        self.spec, self.journal = spec, journal
        self.address = spec['address']
        self.connection = None
        self.links = 0
        self.subscribed = []
        self.transfer = None
        self.characteristics = {}
        self.ending = None
        public = spec.get('address_type', 'random') == 'public'
        self.own_address_type = hci.OwnAddressType.PUBLIC if public else hci.OwnAddressType.RANDOM
        configuration = DeviceConfiguration(
            name=spec.get('name') or '',
            address=hci.Address('F0:0F:F0:0F:F0:0F' if public else self.address),
            advertising_interval_min=ADVERTISING_MS,
            advertising_interval_max=ADVERTISING_MS,
            le_privacy_enabled=False,
        )
        self.device = Device(config=configuration, host=radio.host(self.address if public else None))
        self.device.keystore = JsonKeyStore(self.address, bonds)
        passkey = spec['pairing']['method'] == 'passkey'
        kinds = PairingConfig.AddressType
        self.device.pairing_config_factory = lambda _: PairingConfig(
            sc=True,
            mitm=passkey,
            bonding=True,
            identity_address_type=kinds.PUBLIC if public else kinds.RANDOM,
            delegate=Delegate(self),
        )
        self.device.add_services([self.service(service) for service in spec.get('services', [])])
        self.device.on('connection', self.on_connection)

    def service(self, spec):
        characteristics = [self.characteristic(part) for part in spec['characteristics']]
        return gatt.Service(UUID(spec['uuid']), characteristics)

    def characteristic(self, spec):
        uuid, flags = short(spec['uuid']), spec['flags']
        properties = Properties(0)
        for flag in flags:
            properties |= FLAGS[flag]
        secure_read, secure_write = SECURITY[spec.get('security', 'none')]
        permissions = Permissions(0)
        if 'read' in flags:
            permissions |= Permissions.READABLE | secure_read
        if 'write' in flags or 'write-without-response' in flags:
            permissions |= Permissions.WRITEABLE | secure_write
        values = {'value': bytes.fromhex(spec.get('value', ''))}
        value = gatt.CharacteristicValue(
            read=lambda _: values['value'],
            write=lambda _, written: self.on_write(uuid, values, bytes(written)),
        )
        made = gatt.Characteristic(UUID(spec['uuid']), properties, permissions, value)
        if 'notify' in flags or 'indicate' in flags:
            configuration = gatt.Descriptor(
                gatt.GATT_CLIENT_CHARACTERISTIC_CONFIGURATION_DESCRIPTOR,
                Permissions.READABLE | Permissions.WRITEABLE | secure_write,
                self.device.gatt_server.make_descriptor_value(made),
            )
            made.descriptors = (*made.descriptors, configuration)
            made.on('subscription', lambda _, notify, indicate: self.on_subscription(uuid, notify or indicate))
        self.characteristics[uuid] = (made, 'indicate' in flags, values)
        return made

    async def start(self):
        await self.device.power_on()
        await self.advertise()

    async def advertise(self):
        if self.spec.get('present', True) and not self.connection and not self.device.is_advertising:
            await self.device.start_advertising(
                advertising_data=bytes(AdvertisingData(self.advertisement())),
                own_address_type=self.own_address_type,
                auto_restart=False,
            )

    async def advertise_anew(self, service_data):
        self.spec['service_data'] = service_data
        self.journal.write('advertised', device=self.address, service_data=service_data)
        if self.device.is_advertising:
            await self.device.stop_advertising()
        await self.advertise()

    def advertisement(self):
        parts = [(AdvertisingData.FLAGS, bytes([6]))]
        if name := self.spec.get('name'):
            parts.append((AdvertisingData.COMPLETE_LOCAL_NAME, name.encode()))
        uuids = [bytes(UUID(uuid)) for uuid in self.spec.get('advertised', [])]
        if two := b''.join(uuid for uuid in uuids if len(uuid) == 2):
            parts.append((AdvertisingData.INCOMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS, two))
        if sixteen := b''.join(uuid for uuid in uuids if len(uuid) == 16):
            parts.append((AdvertisingData.INCOMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS, sixteen))
        for uuid, data in self.spec.get('service_data', {}).items():
            parts.append((AdvertisingData.SERVICE_DATA_16_BIT_UUID, bytes(UUID(uuid)) + bytes.fromhex(data)))
        for company, data in self.spec.get('manufacturer_data', {}).items():
            head = struct.pack('<H', int(company))
            parts.append((AdvertisingData.MANUFACTURER_SPECIFIC_DATA, head + bytes.fromhex(data)))
        return parts

    # What happens to the device.

    def on_connection(self, connection):
        self.connection = connection
        self.links += 1
        self.journal.write('connected', device=self.address)
        connection.on('disconnection', self.on_disconnection)
        connection.on('pairing', lambda _: self.journal.write('paired', device=self.address))
        connection.on(
            'pairing_failure',
            lambda reason: self.journal.write('pairing_failed', device=self.address, reason=str(reason)),
        )

    def on_disconnection(self, reason):
        self.connection = None
        self.subscribed = []
        if self.transfer:
            self.transfer.cancel()
            self.transfer = None
        words, self.ending = self.ending or f'ended by the tablet ({reason})', None
        self.journal.write('disconnected', device=self.address, reason=words)
        asyncio.get_running_loop().create_task(self.advertise())

    def on_subscription(self, uuid, on):
        if on and uuid not in self.subscribed:
            self.subscribed.append(uuid)
            self.journal.write('subscribed', device=self.address, characteristic=uuid)
            self.pour()
        elif not on and uuid in self.subscribed:
            self.subscribed.remove(uuid)

    def on_write(self, uuid, values, written):
        if uuid == CONTROL_POINT:
            if uuid not in self.subscribed:
                raise att.ATT_Error(NOT_CONFIGURED)
            if self.transfer and written[:1] != bytes([racp.ABORT]):
                raise att.ATT_Error(PROCEDURE_IN_PROGRESS)
        self.journal.write('written', device=self.address, characteristic=uuid, bytes=written.hex())
        if uuid == CONTROL_POINT:
            # After the response to the write, which bumble sends when this returns.
            asyncio.get_running_loop().call_soon(self.operate, written)
        else:
            values['value'] = written

    # What the device does.

    def operate(self, operation):
        memory = self.spec.get('memory') or {'records': [], 'deletable': False}
        records = memory['records']
        numbers = [record.get('sequence', place + 1) for place, record in enumerate(records)]
        what, detail = racp.answer(operation, numbers, memory.get('operators', []), memory.get('deletable', True))
        if what == 'report':
            self.transfer = self.task(self.report(memory, detail))
            return
        if what == 'abort' and self.transfer:
            self.transfer.cancel()
            self.transfer = None
        if what == 'delete':
            gone = set(detail)
            memory['records'] = [record for place, record in enumerate(records) if place not in gone]
        self.task(self.respond(detail if what == 'respond' else racp.response(operation[0])))

    async def report(self, memory, places):
        drops = memory.get('drop_before_records', [])
        for place in places:
            await asyncio.sleep(memory.get('gap_ms', 0) / 1000)
            if place + 1 in drops:
                drops.remove(place + 1)
                self.transfer = None
                return await self.hang_up('the device dropped it')
            await self.send_record(memory['characteristic'], memory['records'][place], 'stored', place + 1)
        self.transfer = None
        await self.respond(racp.response(racp.REPORT))

    async def respond(self, response):
        await self.send(CONTROL_POINT, response, 'answer')

    def pour(self):
        pour = self.spec.get('pour')
        if pour and pour['records'] and short(pour['characteristic']) in self.subscribed and not self.transfer:
            self.transfer = self.task(self.pour_out(pour))

    async def pour_out(self, pour):
        wait = pour.get('delay_ms', 0)
        left = True
        while left and pour['records'] and self.spec['pour'] is pour:
            await asyncio.sleep(wait / 1000)
            wait = pour.get('gap_ms', 0)
            number = pour.get('poured', 0) + 1
            left = await self.send_record(pour['characteristic'], pour['records'][0], 'stored', number)
            if left:
                del pour['records'][0]
                pour['poured'] = number
        self.transfer = None
        if left and pour.get('hang_up'):
            await self.hang_up('the device had nothing more')

    async def send_record(self, uuid, record, origin, number=None):
        """Sends a record with the frames that belong to it; whether it left and was confirmed."""
        line, left = await self.send(uuid, bytes.fromhex(record['bytes']), origin, number, record.get('meaning'))
        if line:
            for frame in record.get('followed_by', []):
                value = bytes.fromhex(frame['bytes'])
                await self.send(frame['characteristic'], value, origin, number, frame.get('meaning'), line)
        return left

    async def send(self, uuid, value, origin, number=None, meaning=None, follows=None):
        """Sends a value if the tablet listens; its line in the journal, and whether it left and, if
        indicated, was confirmed."""
        uuid = short(uuid)
        characteristic, indicated, _ = self.characteristics[uuid]
        connection = self.connection
        if not connection or uuid not in self.subscribed:
            return None, False
        line = self.journal.write(
            'sent',
            device=self.address,
            characteristic=uuid,
            bytes=value.hex(),
            origin=origin,
            record=number,
            meaning=meaning,
            follows=follows,
        )
        server = self.device.gatt_server
        if not indicated:
            await server.notify_subscriber(connection, characteristic, value)
            return line, True
        try:
            confirmed = server.indicate_subscriber(connection, characteristic, value)
            await asyncio.wait_for(confirmed, CONFIRMED_WITHIN)
        except Exception as error:  # bumble has no one error for a link that went
            print(f'{self.address}: no confirmation of line {line}: {error!r}', flush=True)
            return line, False
        self.journal.write('confirmed', of=line)
        return line, True

    async def hang_up(self, reason, code=hci.HCI_REMOTE_USER_TERMINATED_CONNECTION_ERROR):
        if self.connection:
            self.ending = reason
            await self.connection.disconnect(code)

    # What the control asks of the device.

    async def set_present(self, present):
        self.spec['present'] = present
        if present:
            await self.advertise()
        else:
            if self.device.is_advertising:
                await self.device.stop_advertising()
            await self.hang_up('out of range', hci.HCI_CONNECTION_TIMEOUT_ERROR)

    async def state(self):
        return {
            'present': self.spec.get('present', True),
            'pairing_mode': self.spec.get('pairing_mode', True),
            'connected': self.connection is not None,
            'bonded': bool(await self.device.keystore.get_all()),
            'subscribed': [uuid for uuid in self.characteristics if uuid in self.subscribed],
            'links': self.links,
            'records': len((self.spec.get('memory') or {'records': []})['records']),
        }

    def task(self, work):
        task = asyncio.get_running_loop().create_task(work)
        task.add_done_callback(lambda task: task.cancelled() or task.exception() and print(repr(task.exception()), flush=True))
        return task
