#include "scale/timed.h"

namespace introspectd::scale {

namespace {

void WriteOne(std::string_view name, const load::Histogram& ns, text::JsonWriter& report) {
  report.Key(name).BeginObject();
  report.Key("count").Unsigned(ns.count());
  report.Key("p50_us").Number(Micros(ns.AtQuantile(0.5)));
  report.Key("p99_us").Number(Micros(ns.AtQuantile(0.99)));
  report.Key("p9999_us").Number(Micros(ns.AtQuantile(0.9999)));
  report.Key("p999999_us").Number(Micros(ns.AtQuantile(0.999999)));
  report.Key("longest_us").Number(Micros(ns.max()));
  report.EndObject();
}

}  // namespace

void Timed::Write(std::string_view name, text::JsonWriter& report) const {
  report.Key(name).BeginObject();
  WriteOne("undisturbed", undisturbed_ns_, report);
  report.Key("undisturbed_over_50_us").Unsigned(long_undisturbed_);
  WriteOne("interrupted", interrupted_ns_, report);
  WriteOne("with_a_page_fault", faulted_ns_, report);
  report.EndObject();
}

}  // namespace introspectd::scale
