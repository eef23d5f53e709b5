/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/call/oh-relay-json.h"

#include "client/account/oh-json.h"

void
oh_relay_info_read (OhRelayInfo *info, JsonObject *welcome)
{
  JsonNode *node = json_object_get_member (welcome, "relay");
  JsonObject *object = node && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  OhRelayInfo told = { 0 };

  if (object)
    told = (OhRelayInfo){ .stun = (char *)oh_json_get_text (object, "stun"),
                          .turn = (char *)oh_json_get_text (object, "turn"),
                          .turn_tcp = (char *)oh_json_get_text (object, "turn_tcp"),
                          .turn_user = (char *)oh_json_get_text (object, "user"),
                          .turn_password = (char *)oh_json_get_text (object, "password") };
  oh_relay_info_set (info, &told);
}
