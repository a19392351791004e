#pragma once

#define MONGO_CONFIG_SSL
