#include "server/verifier.h"

#include <utility>

#include "log/log.h"

namespace introspectd::server {

namespace {

void CleanseSecrets(client::Pairs& pairs) {
  for (auto& [id, secret] : pairs) crypto::Cleanse(secret);
}

}  // namespace

Verifier::Verifier(net::Loop& loop, const crypto::ProcessKey& key, const Limits& limits,
                   std::function<void(const Result&)> report)
    : loop_(loop), key_(key), report_(std::move(report)) {
  SetLimits(limits);
}

void Verifier::SetLimits(const Limits& limits) {
  running_max_ = limits.secret_verifications_max;
  jobs_max_ = running_max_ + limits.secret_queue_max;
  RunWaiting();
}

Verifier::Job::~Job() { CleanseSecrets(pairs); }

void Verifier::Ask(Realm realm, std::uint32_t worker, api::VerificationRequest request) {
  const Asker asker{worker, request.ticket};
  const std::pair name{static_cast<int>(realm), request.digest};
  if (const auto found = by_name_.find(name); found != by_name_.end() &&
                                              found->second->registry == registry_ &&
                                              found->second->pairs == request.pairs) {
    found->second->askers.push_back(asker);
    return CleanseSecrets(request.pairs);
  }
  auto job = std::make_shared<Job>(Job{
      realm, std::move(request.pairs), registry_, request.digest, request.address, {asker}, {}});
  // What needs no slow hash does not wait behind those that do.
  job->proof = realm == Realm::kClients ? registry_->VerifyPlainClient(job->pairs)
                                        : registry_->VerifyPlainAdmin(job->pairs);
  if (job->proof) return Report(*job);
  if (!HasRoom(realm, request.address)) {
    Result full{.realm = realm, .verified = {.generation = registry_->generation()}};
    full.verified.resumption = http::Resumption::kUnavailable;
    full.askers.push_back(asker);
    return report_(full);
  }
  ++jobs_[static_cast<std::size_t>(realm)];
  if (realm == Realm::kClients) ++jobs_of_[request.address];
  by_name_.insert_or_assign(name, job);
  waiting_.push_back(std::move(job));
  RunWaiting();
}

// The threads are as many as there can ever be at once; here it is decided how many of them work.
void Verifier::RunWaiting() {
  for (; running_ < running_max_ && !waiting_.empty(); ++running_) {
    const std::shared_ptr<Job> job = waiting_.front();
    waiting_.pop_front();
    net::RunSlowly(
        loop_, [job] { Run(*job); }, [this, job] { Finish(job); });
  }
}

bool Verifier::HasRoom(Realm realm, std::uint64_t address) const {
  if (jobs_[static_cast<std::size_t>(realm)] >= jobs_max_) return false;
  if (realm != Realm::kClients) return true;
  const auto found = jobs_of_.find(address);
  return found == jobs_of_.end() || found->second < (jobs_max_ + 1) / 2;
}

void Verifier::Run(Job& job) {
  job.proof = job.realm == Realm::kClients ? job.registry->VerifyClient(job.pairs)
                                           : job.registry->VerifyAdmin(job.pairs);
}

void Verifier::Finish(const std::shared_ptr<Job>& job) {
  --running_;
  RunWaiting();
  --jobs_[static_cast<std::size_t>(job->realm)];
  if (job->realm == Realm::kClients && --jobs_of_[job->address] == 0) jobs_of_.erase(job->address);
  const std::pair name{static_cast<int>(job->realm), job->name};
  if (const auto found = by_name_.find(name); found != by_name_.end() && found->second == job) {
    by_name_.erase(found);
  }
  Report(*job);
}

void Verifier::Report(const Job& job) const {
  Result result{.realm = job.realm, .verified = {.generation = job.registry->generation()}};
  result.askers = job.askers;
  if (job.proof) {
    const auto& [id, secret] = job.pairs[job.proof->pair];
    result.verified.digest = crypto::KeyedDigest(key_, id, secret);
    result.verified.index = job.proof->index;
  } else {
    result.verified.resumption = http::Resumption::kRefused;
    if (job.realm == Realm::kClients) LogFailure(job);
  }
  report_(result);
}

// A client that nobody knows is not named: what stands there may be a secret in the wrong place.
void Verifier::LogFailure(const Job& job) {
  for (const auto& [id, secret] : job.pairs) {
    if (job.registry->FindClient(id) == nullptr) continue;
    return log::Warning("client authentication failed", {{"client", id}});
  }
  log::Warning("authentication of an unknown client failed");
}

}  // namespace introspectd::server
