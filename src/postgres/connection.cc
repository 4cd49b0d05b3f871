#include "postgres/connection.h"

#include <libpq-fe.h>

#include <array>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "text/ascii.h"

namespace introspectd::postgres {

namespace {

// Details and hints, which may show values, are left out: it goes into a log and a status.
std::string FirstLine(const char* message) {
  const std::string_view text(message);
  return std::string(text.substr(0, text.find('\n')));
}

// What the URL says goes before these.
pg_conn* Connect(const std::string& url, const std::string& name) {
  const std::array keywords = {"connect_timeout",
                               "keepalives_idle",
                               "keepalives_interval",
                               "keepalives_count",
                               "target_session_attrs",
                               "application_name",
                               "client_encoding",
                               "dbname",
                               static_cast<const char*>(nullptr)};
  const std::array values = {"3",    "5",          "2",
                             "3",    "read-write", name.c_str(),
                             "UTF8", url.c_str(),  static_cast<const char*>(nullptr)};
  return PQconnectdbParams(keywords.data(), values.data(), 1);
}

}  // namespace

bool Row::null(int column) const { return PQgetisnull(result_, row_, column) != 0; }

std::string_view Row::text(int column) const {
  return {PQgetvalue(result_, row_, column),
          static_cast<std::size_t>(PQgetlength(result_, row_, column))};
}

template <class Integer>
Integer Row::number(int column) const {
  const auto value = text::ParseInteger<Integer>(text(column));
  CHECK(value);
  return *value;
}
template std::int64_t Row::number(int) const;
template std::uint64_t Row::number(int) const;

Connection::Connection(net::Loop& loop, Options options, Hooks hooks)
    : loop_(loop),
      options_(std::move(options)),
      hooks_(std::move(hooks)),
      waker_(loop, [this] { OnWoken(); }) {}

Connection::~Connection() { CHECK(closed_); }

void Connection::Open() {
  CHECK(!open() && !opening());
  opener_ = std::thread([this] {
    fresh_ = Connect(options_.url, options_.name);
    waker_.Wake();
  });
}

void Connection::OnWoken() {
  if (opener_.joinable()) return OnOpened();
  if (drop_) Lose(*std::exchange(drop_, std::nullopt));
}

void Connection::OnOpened() {
  opener_.join();
  connection_ = std::exchange(fresh_, nullptr);
  if (PQstatus(connection_) != CONNECTION_OK) return Lose(FirstLine(PQerrorMessage(connection_)));
  PQsetnonblocking(connection_, 1);
  watch_ = std::make_unique<net::Watch>(loop_, PQsocket(connection_), [this] { OnReady(); });
  paused_ = false;
  WantWhatIsNeeded();
  hooks_.opened();
}

void Connection::Ask(Question question) {
  if (!open()) return;  // it was lost a moment ago
  questions_.push_back(std::move(question));
  if (questions_.size() == 1 && !finishing_) Send();
}

void Connection::Send() {
  const Question& question = questions_.front();
  answer_ = {};
  heard_ms_ = base::ReadBootMillis();
  std::vector<const char*> values;
  for (const std::string& parameter : question.parameters) values.push_back(parameter.c_str());
  const int sent = question.script ? PQsendQuery(connection_, question.sql.c_str())
                                   : PQsendQueryParams(connection_, question.sql.c_str(),
                                                       static_cast<int>(values.size()), nullptr,
                                                       values.data(), nullptr, nullptr, 0);
  if (sent == 0) return Drop(FirstLine(PQerrorMessage(connection_)));
  PQsetSingleRowMode(connection_);
  WantWhatIsNeeded();
}

void Connection::WantWhatIsNeeded() {
  if (!open()) return;
  const int left = PQflush(connection_);
  if (left < 0) return Drop(FirstLine(PQerrorMessage(connection_)));
  if (watch_ != nullptr) watch_->Want(!paused_, left > 0);
}

void Connection::OnReady() {
  if (PQconsumeInput(connection_) == 0) return Lose(FirstLine(PQerrorMessage(connection_)));
  heard_ms_ = base::ReadBootMillis();
  Read();
}

void Connection::Read() {
  reading_ = true;
  while (!paused_ && !drop_ && !questions_.empty() && PQisBusy(connection_) == 0) {
    pg_result* const result = PQgetResult(connection_);
    if (result == nullptr) {
      Finish();
    } else {
      Take(result);
      PQclear(result);
    }
  }
  bool notified = false;
  while (PGnotify* notice = PQnotifies(connection_)) {
    PQfreemem(notice);
    notified = true;
  }
  reading_ = false;
  if (drop_) return Lose(*std::exchange(drop_, std::nullopt));
  // A connection that broke is not busy, and has no more results.
  if (PQstatus(connection_) == CONNECTION_BAD) {
    return Lose(FirstLine(PQerrorMessage(connection_)));
  }
  WantWhatIsNeeded();
  if (notified && open()) hooks_.notified();
}

void Connection::Take(pg_result* result) {
  const Question& question = questions_.front();
  switch (PQresultStatus(result)) {
    case PGRES_SINGLE_TUPLE:
      if (question.row) question.row(Row(result, 0));
      break;
    case PGRES_TUPLES_OK:
    case PGRES_COMMAND_OK:
      answer_.affected = text::ParseInteger<std::uint64_t>(PQcmdTuples(result)).value_or(0);
      break;
    default:
      answer_.ok = false;
      answer_.error = FirstLine(PQresultErrorMessage(result));
  }
}

void Connection::Finish() {
  if (PQstatus(connection_) == CONNECTION_BAD) {  // nobody knows what came of it
    drop_ = answer_.error.empty() ? FirstLine(PQerrorMessage(connection_)) : answer_.error;
    return;
  }
  const Question question = std::move(questions_.front());
  questions_.pop_front();
  finishing_ = true;
  if (question.done) question.done(std::exchange(answer_, {}));
  finishing_ = false;
  if (!questions_.empty() && !drop_) Send();
}

void Connection::Pause() { paused_ = true; }

void Connection::GoOn() {
  if (!std::exchange(paused_, false) || !open()) return;
  heard_ms_ = base::ReadBootMillis();
  if (!reading_) Read();
}

void Connection::Drop(std::string why) {
  if (!open()) return;
  drop_ = std::move(why);
  waker_.Wake();
}

void Connection::Lose(std::string why) {
  watch_.reset();
  PQfinish(std::exchange(connection_, nullptr));
  questions_.clear();
  drop_.reset();
  hooks_.lost(why);
}

void Connection::Tick(Now now) {
  if (!open() || paused_ || questions_.empty()) return;
  if (now.boot_ms >= heard_ms_ + options_.silence_ms_max) Drop("it does not answer");
}

void Connection::Close() {
  if (std::exchange(closed_, true)) return;
  if (opener_.joinable()) opener_.join();
  watch_.reset();
  for (pg_conn* connection : {fresh_, connection_}) {
    if (connection != nullptr) PQfinish(connection);
  }
  fresh_ = connection_ = nullptr;
  waker_.Close();
}

}  // namespace introspectd::postgres
