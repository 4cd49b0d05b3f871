#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "http/requests.h"
#include "http/session_rig.h"

namespace introspectd::http {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// One that waits on its head, one on its body (of known length, and in chunks), one behind a
// stream.
const std::string kWaiting[] = {Post("/head-later", "x"), Post("/later", "x"),
                                PostChunked("/later", "x"), Post("/stream-later", "x"),
                                PostChunked("/stream-later", "x")};

Ticket TicketOf(SessionRig& rig) {
  const auto ticket = rig.handler.TakeTicket();
  EXPECT_TRUE(ticket.has_value()) << "nothing waits";
  return ticket.value_or(Ticket{});
}

TEST(SessionPendingTest, NothingIsSaidAndNothingIsReadWhileARequestWaits) {
  for (const std::string& request : kWaiting) {
    SCOPED_TRACE(request);
    SessionRig rig;
    rig.SendOnly(request + Get("/now"));
    rig.SendOnly(Get("/now"));
    EXPECT_EQ(rig.Take(), "");
    EXPECT_FALSE(rig.session.wants_input());
    EXPECT_FALSE(rig.session.closing());
    EXPECT_FALSE(rig.session.idle());
    rig.Resume(TicketOf(rig), Resumption::kRetry);
    EXPECT_THAT(rig.TakeStatuses(), ElementsAre(200, 200, 200));
  }
}

TEST(SessionPendingTest, WhatComesWhileItWaitsIsKept) {
  for (const std::string& request : kWaiting) {
    SCOPED_TRACE(request);
    SessionRig rig;
    rig.SendOnly(request);
    std::string out;
    rig.session.Receive(Get("/now") + "GET /n", rig.now, out);  // the same read, or a late one
    EXPECT_EQ(out, "");
    rig.Resume(TicketOf(rig), Resumption::kRetry);
    rig.Send("ow HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(rig.TakeStatuses(), ElementsAre(200, 200, 200));
  }
}

TEST(SessionPendingTest, GoesOnAsItWasResumed) {
  for (const std::string& request : kWaiting) {
    SCOPED_TRACE(request);
    const bool on_head = request.starts_with("POST /head");
    for (const auto& [how, status] :
         {std::pair{Resumption::kRetry, 200}, std::pair{Resumption::kRefused, 401},
          std::pair{Resumption::kUnavailable, 503}}) {
      SessionRig rig;
      rig.SendOnly(request);
      rig.Resume(TicketOf(rig), how);
      EXPECT_THAT(rig.TakeStatuses(), ElementsAre(status));
      // On the head: the body will not be read, so the connection ends.
      EXPECT_EQ(rig.session.closing(), on_head && status != 200);
    }
  }
}

TEST(SessionPendingTest, IsResumedByItsOwnTicketOnly) {
  for (const std::string& request : kWaiting) {
    SCOPED_TRACE(request);
    SessionRig rig;
    rig.Send(Get("/now"));
    rig.Take();
    rig.SendOnly(request);
    const Ticket ticket = TicketOf(rig);
    EXPECT_EQ(ticket.slot, 3u);
    EXPECT_EQ(ticket.generation, 5u);
    for (const Ticket& other : {Ticket{ticket.slot + 1, ticket.generation, ticket.request},
                                Ticket{ticket.slot, ticket.generation - 1, ticket.request},
                                Ticket{ticket.slot, ticket.generation, ticket.request - 1},
                                Ticket{ticket.slot, ticket.generation, ticket.request + 1}}) {
      rig.Resume(other, Resumption::kRefused);
    }
    EXPECT_EQ(rig.Take(), "");
    rig.Resume(ticket, Resumption::kRetry);
    EXPECT_THAT(rig.TakeStatuses(), ElementsAre(200));
  }
}

TEST(SessionPendingTest, IsAnsweredOnceHoweverOftenItIsResumed) {
  for (const std::string& request : kWaiting) {
    SCOPED_TRACE(request);
    SessionRig rig;
    rig.SendOnly(request + request);
    const Ticket first = TicketOf(rig);
    rig.Resume(first, Resumption::kRetry);
    rig.Resume(first, Resumption::kRetry);
    rig.Resume(first, Resumption::kUnavailable);
    EXPECT_THAT(rig.TakeStatuses(), ElementsAre(200)) << "the second one waits for its own";
    rig.Resume(TicketOf(rig), Resumption::kRetry);
    EXPECT_THAT(rig.TakeStatuses(), ElementsAre(200));
  }
}

TEST(SessionPendingTest, ATicketOfTheConnectionBeforeIsOfNoUse) {
  SessionRig rig;
  rig.SendOnly(Post("/later", "x"));
  const Ticket old = TicketOf(rig);
  rig.session.Open(3, 6, rig.now);
  rig.SendOnly(Post("/later", "y"));
  rig.Resume(old, Resumption::kRetry);
  EXPECT_EQ(rig.Take(), "");
  rig.Resume(TicketOf(rig), Resumption::kRetry);
  EXPECT_THAT(rig.TakeStatuses(), ElementsAre(200));
}

TEST(SessionPendingTest, GetsWhatTheHandlerSaysWhenItTakesTooLong) {
  for (const std::string& request : kWaiting) {
    SCOPED_TRACE(request);
    SessionRig rig;
    rig.SendOnly(request + Get("/now"));
    const Ticket late = TicketOf(rig);
    EXPECT_EQ(rig.session.deadline_ms(), rig.now.boot_ms + rig.limits.pending_ms_max);
    rig.Expire();
    const std::vector<int> statuses = rig.TakeStatuses();
    EXPECT_EQ(statuses.front(), 503);
    EXPECT_EQ(statuses.size(), rig.session.closing() ? 1u : 2u);
    rig.Resume(late, Resumption::kRetry);
    EXPECT_EQ(rig.Take(), "") << "it was answered already";
  }
}

// It shut down its side and waits: the answer still comes (contract 3).
TEST(SessionPendingTest, AClientThatSendsNoMoreStillGetsItsAnswers) {
  for (const std::string& request : kWaiting) {
    SCOPED_TRACE(request);
    SessionRig rig;
    rig.SendOnly(request + Get("/now") + "GET /n");
    std::string out;
    rig.session.ReceiveEnd(rig.now, out);
    EXPECT_EQ(out, "");
    EXPECT_FALSE(rig.session.closing());
    rig.Resume(TicketOf(rig), Resumption::kRetry);
    EXPECT_THAT(rig.TakeStatuses(), ElementsAre(200, 200));
    EXPECT_TRUE(rig.session.closing());
  }
}

TEST(SessionPendingTest, DrainingWaitsForIt) {
  for (const std::string& request : kWaiting) {
    SCOPED_TRACE(request);
    SessionRig rig;
    rig.SendOnly(request + Get("/now"));
    rig.Drain();
    EXPECT_FALSE(rig.session.closing());
    rig.Resume(TicketOf(rig), Resumption::kRetry);
    EXPECT_THAT(rig.TakeStatuses(), ElementsAre(200, 200));
    EXPECT_TRUE(rig.session.closing());
  }
}

TEST(SessionPendingTest, ASessionThatDoesNotWaitCannotBeResumed) {
  SessionRig rig;
  rig.SendOnly(Post("/later", "x"));
  const Ticket ticket = TicketOf(rig);
  rig.Resume(ticket, Resumption::kRetry);
  rig.Take();
  const Ticket next{ticket.slot, ticket.generation, ticket.request + 1};
  rig.Resume(next, Resumption::kRetry);
  rig.SendOnly("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nx");
  rig.Resume(next, Resumption::kRefused);
  EXPECT_EQ(rig.Take(), "");
  rig.SendOnly("y");
  EXPECT_EQ(rig.handler.asked.back(), "POST /echo xy");
}

}  // namespace
}  // namespace introspectd::http
