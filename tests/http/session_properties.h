// What must hold of a session whatever bytes it was sent.
//
// Threads: one.
#pragma once

#include <string_view>

#include "http/session_rig.h"

namespace introspectd::http {

// llhttp, alone and over the whole of the bytes, sees each request that the session saw.
void ExpectSeenByLlhttp(std::string_view bytes, const Outcome& outcome);

// Every request was answered once, and nothing was said behind a close.
void ExpectAnsweredOnce(const SessionRig& rig);

// Whether gate and referee disagree about the first head; the answer is then 400.
bool Disagree(std::string_view bytes, const HttpLimits& limits);

}  // namespace introspectd::http
