// Assertions in JSON.
#include "report/verdict.h"

#include <cmath>

namespace sockbox::report {
namespace {

std::string_view to_text(stats::Unit unit) {
    switch (unit) {
        case stats::Unit::nanoseconds: return "ns";
        case stats::Unit::percent: return "percent";
        case stats::Unit::per_second: return "per_s";
        case stats::Unit::count: return "count";
    }
    return {};
}

}  // namespace

Json to_json(const Verdict& verdict) {
    const bool is_whole =
        verdict.unit == stats::Unit::nanoseconds || verdict.unit == stats::Unit::count;
    Json value(verdict.value);
    if (verdict.value && is_whole)
        value = Json(std::llround(*verdict.value));
    return Json::object()
        .set("expression", verdict.expression)
        .set("value", std::move(value))
        .set("unit", to_text(verdict.unit))
        .set("ok", verdict.ok);
}

}  // namespace sockbox::report
