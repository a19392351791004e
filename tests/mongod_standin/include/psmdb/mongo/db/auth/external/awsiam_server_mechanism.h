// Stand-in: that it is there says that the server has a MONGODB-AWS of its own.
#pragma once
