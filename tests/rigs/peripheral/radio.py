"""The emulated radio: one link, the tablet's controller on it, and one controller for each device."""

import asyncio

from bumble import hci
from bumble.controller import Controller
from bumble.host import Host
from bumble.link import LocalLink
from bumble.transport import open_transport

TABLET_ADDRESS = '00:AA:01:00:00:00'


class Link(LocalLink):
    """bumble 0.0.236 names the sender of data by its random address; BlueZ connects with its public one.

    It also lets everybody hear every advertisement, which costs an emulated machine more than all else.
    """

    tablet = None

    def send_advertising_pdu(self, sender_controller, packet):
        for controller in self.controllers:
            if controller is not sender_controller and self.tablet in (controller, sender_controller):
                asyncio.get_running_loop().call_soon(controller.on_ll_advertising_pdu, packet)

    def send_acl_data(self, sender_controller, destination_address, transport, data):
        source = sender_controller.random_address
        for connection in sender_controller.le_connections.values():
            if connection.peer_address == destination_address:
                source = connection.self_address
        if destination := self.find_le_controller(destination_address):
            deliver = destination.on_link_acl_data
            asyncio.get_running_loop().call_soon(lambda: deliver(source, transport, data))


class Radio:
    """The air of the room."""

    def __init__(self):
        self.link = Link()
        self.count = 0
        self.transport = None

    async def plug(self):
        """Gives the tablet its adapter."""
        # /dev/vhci: the kernel takes bumble's controller for a Bluetooth adapter.
        self.transport = await open_transport('vhci')
        self.link.tablet = tablet = Controller(
            'tablet',
            host_source=self.transport.source,
            host_sink=self.transport.sink,
            link=self.link,
            public_address=TABLET_ADDRESS,
        )
        # With any of these Linux waits for events that bumble does not send.
        tablet.le_features &= ~(
            hci.LeFeatureMask.LL_PRIVACY
            | hci.LeFeatureMask.LE_EXTENDED_ADVERTISING
            | hci.LeFeatureMask.LE_PERIODIC_ADVERTISING
        )

    async def pull(self):
        """Takes the tablet's adapter away; its links are gone already."""
        self.link.remove_controller(self.link.tablet)
        transport, self.transport, self.link.tablet = self.transport, None, None
        await transport.close()

    def host(self, public_address=None):
        """The host of a new device's controller."""
        self.count += 1
        address = public_address or f'00:AA:02:00:00:{self.count:02X}'
        host = Host()
        host.controller = Controller(f'device {self.count}', link=self.link, public_address=address)
        return host
