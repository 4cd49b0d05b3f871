// The names of what speaks to PostgreSQL, in this room.
#pragma once

#include "postgres/connection.h"

namespace introspectd::replica {

using postgres::Answer;
using postgres::Connection;
using postgres::Question;
using postgres::Row;

}  // namespace introspectd::replica
