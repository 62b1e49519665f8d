// Implements report::Json with nlohmann::ordered_json.
#include "report/json.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "report/version.h"
#include "text/text.h"
#include "text/time.h"

namespace sockbox::report {

struct Json::Value {
    nlohmann::ordered_json json;
};

namespace {

constexpr char hex_digits[] = "0123456789abcdef";

// Replaces each byte that is not valid UTF-8 with \xNN, because JSON text is Unicode (RFC 8259).
std::string valid_utf8(std::string_view text) {
    std::string valid;
    while (!text.empty()) {
        const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
        const unsigned first = byte(0);
        const std::size_t length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
        bool good = first < 0x80 || (first >= 0xc2 && first <= 0xf4 && text.size() >= length);
        for (std::size_t i = 1; good && i < length; ++i)
            good = (byte(i) & 0xc0) == 0x80;
        if (good && length > 2) {
            const unsigned second = byte(1);
            good = !(first == 0xe0 && second < 0xa0) && !(first == 0xed && second > 0x9f) &&
                   !(first == 0xf0 && second < 0x90) && !(first == 0xf4 && second > 0x8f);
        }
        if (good) {
            valid += text.substr(0, length);
            text.remove_prefix(length);
        } else {
            valid += {'\\', 'x', hex_digits[first >> 4], hex_digits[first & 0xf]};
            text.remove_prefix(1);
        }
    }
    return valid;
}

// The character at `at` of valid UTF-8 text and its length in bytes. One of four bytes counts as
// U+10000, because none of them needs an escape.
std::pair<char32_t, std::size_t> character_at(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) -> char32_t {
        return static_cast<unsigned char>(at + i < text.size() ? text[at + i] : 0);
    };
    if (byte(0) >= 0xf0)
        return {0x10000, 4};
    if (byte(0) >= 0xe0)
        return {(byte(0) & 0xf) << 12 | (byte(1) & 0x3f) << 6 | (byte(2) & 0x3f), 3};
    if (byte(0) >= 0xc0)
        return {(byte(0) & 0x1f) << 6 | (byte(1) & 0x3f), 2};
    return {byte(0), 1};
}

// Escapes DEL, the C1 controls and characters that rearrange the text as \uNNNN: JSON allows them
// unescaped, but a terminal would interpret them.
std::string escape_controls(std::string_view json) {
    std::string safe;
    for (std::size_t at = 0; at < json.size();) {
        const auto [point, length] = character_at(json, at);
        if ((point >= 0x7f && point < 0xa0) || net::rearranges_text(point)) {
            safe += "\\u";
            for (const int shift : {12, 8, 4, 0})
                safe += hex_digits[point >> shift & 0xf];
        } else {
            safe += json.substr(at, length);
        }
        at += length;
    }
    return safe;
}

}  // namespace

Json Json::object() {
    Json json;
    json.value_->json = nlohmann::ordered_json::object();
    return json;
}

Json Json::array() {
    Json json;
    json.value_->json = nlohmann::ordered_json::array();
    return json;
}

Json::Json() : value_(std::make_unique<Value>()) {}
Json::Json(bool value) : value_(new Value{value}) {}
Json::Json(int value) : value_(new Value{value}) {}
Json::Json(unsigned value) : value_(new Value{value}) {}
Json::Json(long value) : value_(new Value{value}) {}
Json::Json(unsigned long value) : value_(new Value{value}) {}
Json::Json(long long value) : value_(new Value{value}) {}
Json::Json(unsigned long long value) : value_(new Value{value}) {}
Json::Json(double value) : Json() {
    if (std::isfinite(value))
        value_->json = value == 0 ? 0.0 : value;  // no -0
}
Json::Json(std::string_view text) : value_(new Value{valid_utf8(text)}) {}

Json::Json(const Json& other) : value_(std::make_unique<Value>(*other.value_)) {}
Json::Json(Json&& other) noexcept = default;
Json& Json::operator=(Json other) noexcept {
    std::swap(value_, other.value_);
    return *this;
}
Json::~Json() = default;

Json& Json::set(std::string_view name, Json value) {
    value_->json[std::string(name)] = std::move(value.value_->json);
    return *this;
}

Json& Json::push(Json value) {
    value_->json.push_back(std::move(value.value_->json));
    return *this;
}

std::string Json::to_string() const {
    return escape_controls(value_->json.dump());
}

net::Result<Json> Json::parse(std::string_view text) {
    Json json;
    try {
        json.value_->json = nlohmann::ordered_json::parse(text);
    } catch (const nlohmann::ordered_json::parse_error& error) {
        return net::fail_text("not valid JSON: error at byte " + std::to_string(error.byte));
    }
    return json;
}

bool Json::is_array() const {
    return value_->json.is_array();
}

std::vector<Json> Json::elements() const {
    std::vector<Json> found;
    for (std::size_t i = 0; is_array() && i < value_->json.size(); ++i)
        found.emplace_back().value_->json = value_->json[i];
    return found;
}

std::vector<std::pair<std::string, Json>> Json::members() const {
    std::vector<std::pair<std::string, Json>> found;
    if (value_->json.is_object())
        for (const auto& [name, value] : value_->json.items())
            found.emplace_back(name, Json()).second.value_->json = value;
    return found;
}

std::optional<Json> Json::find(std::string_view name) const {
    const auto found = value_->json.find(std::string(name));
    if (!value_->json.is_object() || found == value_->json.end())
        return std::nullopt;
    Json member;
    member.value_->json = *found;
    return member;
}

std::optional<std::string> Json::text() const {
    return value_->json.is_string() ? std::optional(value_->json.get<std::string>()) : std::nullopt;
}

std::optional<double> Json::number() const {
    return value_->json.is_number() ? std::optional(value_->json.get<double>()) : std::nullopt;
}

Json error_object(std::string_view symbol, int code, std::string_view message) {
    return Json::object()
        .set("symbol", symbol.empty() ? Json() : Json(symbol))
        .set("code", code)
        .set("message", message);
}

Json event(std::string_view tool, std::string_view name) {
    Json json = Json::object();
    json.set("tool", tool).set("event", name);
    return json;
}

Json event(std::string_view tool, std::string_view name,
           std::chrono::system_clock::time_point began) {
    Json json = event(tool, name);
    json.set("time", net::format_rfc3339(began)).set("version", version);
    return json;
}

}  // namespace sockbox::report
