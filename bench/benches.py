# SPDX-License-Identifier: GPL-3.0-or-later
"""The benches by name, in the order of the table."""
import bench_cards
import bench_chat
import bench_client
import bench_echo
import bench_keep_alive
import bench_loss
import bench_mouth_to_ear
import bench_overload
import bench_offer
import bench_server
import bench_setup
import bench_soak

ALL = {
    'setup': bench_setup.run,
    'mouth-to-ear': bench_mouth_to_ear.run,
    'cards': bench_cards.run,
    'loss': bench_loss.run,
    'jitter': bench_loss.run_jitter,
    'narrow': bench_loss.run_narrow,
    'echo': bench_echo.run,
    'server': bench_server.run,
    'signalling': bench_overload.run_signalling,
    'overload': bench_overload.run,
    'soak': bench_soak.run,
    'keep-alive': bench_keep_alive.run,
    'client': bench_client.run,
    'offer': bench_offer.run,
    'chat': bench_chat.run,
}
LONG = ('soak',)  # run only where they are named
