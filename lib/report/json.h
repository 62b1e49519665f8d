// JSON values for NDJSON output; nothing else includes the JSON library.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "system/result.h"

namespace sockbox::report {

// A JSON value under construction. Objects keep their members in the order in which they were set.
// Text may contain any bytes: those that are not valid UTF-8 are written as the characters \xNN.
// Numbers that JSON cannot represent (NaN, infinities) become null.
//
//     Json result = event("echo", "result");
//     result.set("sent", 3).set("errors", Json::array().push("timeout"));
//     fmt::print("{}\n", result.to_string());
class Json {
  public:
    static Json object();
    static Json array();

    Json();  // null
    Json(std::nullptr_t) : Json() {}
    Json(bool value);
    Json(int value);
    Json(unsigned value);
    Json(long value);
    Json(unsigned long value);
    Json(long long value);
    Json(unsigned long long value);
    Json(double value);
    Json(std::string_view text);
    Json(const char* text) : Json(std::string_view(text)) {}
    Json(const std::string& text) : Json(std::string_view(text)) {}
    template <class T>
    Json(const std::optional<T>& value) : Json(value ? Json(*value) : Json()) {}

    Json(const Json& other);
    Json(Json&& other) noexcept;
    Json& operator=(Json other) noexcept;
    ~Json();

    // Sets a member of an object; an existing one keeps its place.
    Json& set(std::string_view name, Json value);
    // Appends to an array.
    Json& push(Json value);

    // One line, without a newline.
    std::string to_string() const;

    // Reads JSON text. The error names the byte at which it ceases to be JSON.
    static net::Result<Json> parse(std::string_view text);
    bool is_array() const;
    // Copies of the elements of an array and of the members of an object; empty for anything else.
    std::vector<Json> elements() const;
    std::vector<std::pair<std::string, Json>> members() const;
    // A copy of a member of an object; nullopt if there is none.
    std::optional<Json> find(std::string_view name) const;
    // nullopt if it is no text, or no number.
    std::optional<std::string> text() const;
    std::optional<double> number() const;

  private:
    struct Value;
    std::unique_ptr<Value> value_;
};

// {"symbol": ..., "code": ..., "message": ...}; an empty symbol becomes null.
Json error_object(std::string_view symbol, int code, std::string_view message);

// An object with the members that every line of output starts with: {"tool": ..., "event": ...}.
Json event(std::string_view tool, std::string_view name);
// The same, followed by "time", which is when what it reports began, and "version".
Json event(std::string_view tool, std::string_view name,
           std::chrono::system_clock::time_point began);

}  // namespace sockbox::report
