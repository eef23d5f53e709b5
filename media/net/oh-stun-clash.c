/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/net/oh-stun-clash.h"

#include "media/rtp/oh-rtp.h"

#include <stun/stunagent.h>

/* libnice and sofia-sip both export a function of this name with another argument, and whichever
 * library stands first in a program takes the calls of both: with sofia's, libnice makes empty checks
 * and ICE fails without a word. Defined in the program itself it goes before either; sofia's STUN
 * client, the only other caller, is never used. */
uint16_t
stun_message_length (const StunMessage *message)
{
  return oh_read_16 (message->buffer + 2) + STUN_MESSAGE_HEADER_LENGTH;
}

void
oh_stun_clash_settle (void)
{
  /* Called so that the linker takes this file. */
}
