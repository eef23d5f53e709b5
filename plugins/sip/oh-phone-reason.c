/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plugins/sip/oh-phone-call.h"

static OhCallReason
reason_of_incoming (const OhSipEnd *end)
{
  if (!end->by_peer)
    return OH_CALL_REASON_NETWORK;
  switch (end->reason_cause)
    {
    case 200:
      return OH_CALL_REASON_ELSEWHERE;
    case 603:
      return OH_CALL_REASON_DECLINED;
    case 480:
      return OH_CALL_REASON_VOICEMAIL;
    case 408:
      return OH_CALL_REASON_NO_ANSWER;
    default:
      return OH_CALL_REASON_CANCELLED;
    }
}

static OhCallReason
reason_of_outgoing (const OhSipEnd *end)
{
  switch (end->status)
    {
    case 404:
    case 410:
    case 484:
    case 604:
      return OH_CALL_REASON_NOT_FOUND;
    case 486:
    case 600:
      return OH_CALL_REASON_BUSY;
    case 603:
      return OH_CALL_REASON_DECLINED;
    case 408:
      return end->by_peer ? OH_CALL_REASON_NO_ANSWER : OH_CALL_REASON_NETWORK;
    case 480:
    case 487:
      return OH_CALL_REASON_NO_ANSWER;
    case 401:
    case 403:
    case 407:
    case 415:
    case 488:
    case 606:
      return OH_CALL_REASON_REFUSED;
    default:
      return end->status >= 500 || !end->by_peer ? OH_CALL_REASON_NETWORK : OH_CALL_REASON_REFUSED;
    }
}

OhCallReason
oh_phone_reason (const OhPhoneEnd *end)
{
  if (end->answered)
    return end->end.by_peer && end->end.status < 300 && end->end.reason_cause / 100 != 5
               ? OH_CALL_REASON_REMOTE
               : OH_CALL_REASON_NETWORK;
  return end->incoming ? reason_of_incoming (&end->end) : reason_of_outgoing (&end->end);
}
