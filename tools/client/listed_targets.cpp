// Compares what a file lists with what it listed before.
#include "tools/client/listed_targets.h"

#include "text/text.h"

namespace sockbox::tools {

net::Result<std::vector<Target>> ListedTargets::targets() {
    auto listed = file_.read();
    if (!listed)
        return net::fail(listed.error());
    std::vector<Target> targets;
    for (ListedTarget& one : *listed) {
        auto target = client_.target(one.text);
        if (!target)
            return net::fail({{},
                              "read",
                              net::escape(file_.path()),
                              in_line(one.line) + target.error().message(),
                              {}});
        target->is_listed = true;
        target->labels = std::move(one.labels);
        targets.push_back(std::move(*target));
    }
    return targets;
}

net::Result<ListedTargets::Changes> ListedTargets::read() {
    auto listed = targets();
    is_good_ = listed.has_value();
    if (!listed)
        return net::fail(listed.error());
    read_at_ = std::chrono::system_clock::now();
    Changes changes;
    std::map<std::string, TargetLabels> labels;
    for (Target& target : *listed) {
        const auto [first, is_first] = labels.emplace(target.text, target.labels);
        if (!is_first && first->second != target.labels)
            changes.repeated.push_back(target.text);
        if (!is_first)
            continue;
        const auto known = labels_.find(target.text);
        const bool is_known = known != labels_.end();
        if (is_known && known->second == target.labels)
            continue;
        if (is_known)
            changes.removed.push_back(target.text);
        changes.added.push_back(std::move(target));
    }
    for (const auto& [target, before] : labels_)
        if (!labels.contains(target))
            changes.removed.push_back(target);
    labels_ = std::move(labels);
    return changes;
}

std::optional<net::Result<ListedTargets::Changes>> ListedTargets::look(net::Clock::time_point now) {
    if (!file_.has_changed(now))
        return std::nullopt;
    return read();
}

}  // namespace sockbox::tools
