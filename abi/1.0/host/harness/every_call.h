/* Calls each function of the table that gives a status, with sound arguments. */
#ifndef MAWS_TEST_EVERY_CALL_H
#define MAWS_TEST_EVERY_CALL_H

#include "mongodb_aws_auth.h"

void every_call_gives(const maws_api* api, maws_plugin plugin, maws_conv conv,
                      maws_status expected);
/* The calls that take a conversation, and those that take a plugin. */
void every_conv_call_gives(const maws_api* api, maws_conv conv, maws_status expected);
void every_plugin_call_gives(const maws_api* api, maws_plugin plugin, maws_status expected);

#endif
