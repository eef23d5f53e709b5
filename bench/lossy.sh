#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# lossy.sh PERCENT COMMAND...: in a network name space of its own; drops that part of the RTP packets
# (first two bits 10), nothing of SIP, STUN or DTLS. Needs root, ip and nft.
set -e
percent=$1
shift
ip link set lo up
nft add table inet loss
nft add chain inet loss in '{ type filter hook input priority 0; }'
nft add rule inet loss in udp length '>' 20 @th,64,2 2 numgen random mod 100 '<' "$percent" drop
exec "$@"
