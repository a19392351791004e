#pragma once

#include "server/bson.h"
