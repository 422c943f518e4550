// FastJet as the peer, in one process: subjettiness about kt and winner-take-all axes, the groomed jet; values and
// time.
//   sh tests/fastjet.sh        where libfastjet-dev is installed
#include "../passwd.h"
#include "check.h"
#include <algorithm>
#include <cstring>
#include <ctime>
#include <fastjet/ClusterSequence.hh>
#include <string>
#include <vector>

namespace {
enum { NAMES = 12, JETS = 3000 };
const char *const names[NAMES] = { "tau1", "tau2", "tau3", "tau4", "tau1_wta", "tau2_wta", "tau3_wta", "tau4_wta",
    "soft_drop_mass", "soft_drop_constituents", "zg", "rg" };
typedef std::vector<passwd_p4> jet;

double seconds() { // processor time: what others do on the machine counts less
    timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
}
void subjettiness(const std::vector<fastjet::PseudoJet> &p, const fastjet::JetDefinition &how, double *tau) {
    fastjet::ClusterSequence sequence(p, how);
    for (int n = 1; n <= 4; n++) {
        const std::vector<fastjet::PseudoJet> axes = sequence.exclusive_jets(std::min(n, int(p.size())));
        double sum = 0, scale = 0;
        for (const fastjet::PseudoJet &i : p) {
            double least = axes[0].squared_distance(i);
            for (const fastjet::PseudoJet &axis : axes) least = std::min(least, axis.squared_distance(i));
            sum += i.pt() * std::sqrt(least);
            scale += i.pt();
        }
        tau[n - 1] = sum / scale;
    }
}
void groomed(const std::vector<fastjet::PseudoJet> &p, double *out) {
    const double wide = fastjet::JetDefinition::max_allowable_R;
    fastjet::ClusterSequence sequence(p, fastjet::JetDefinition(fastjet::cambridge_algorithm, wide));
    fastjet::PseudoJet jet = sequence.exclusive_jets(1)[0], a, b;
    out[2] = out[3] = 0;
    while (jet.has_parents(a, b)) {
        const double z = std::min(a.pt(), b.pt()) / (a.pt() + b.pt());
        if (z > 0.1) {
            out[2] = z;
            out[3] = a.delta_R(b);
            break;
        }
        jet = a.pt2() > b.pt2() ? a : b;
    }
    out[0] = jet.m();
    out[1] = double(jet.constituents().size());
}
void by_fastjet(const jet &j, double *out) {
    const double wide = fastjet::JetDefinition::max_allowable_R;
    std::vector<fastjet::PseudoJet> p;
    for (const passwd_p4 &i : j) p.push_back(fastjet::PseudoJet(i.px, i.py, i.pz, i.e));
    subjettiness(p, fastjet::JetDefinition(fastjet::kt_algorithm, 1.0), out);
    subjettiness(p, fastjet::JetDefinition(fastjet::kt_algorithm, wide, fastjet::WTA_pt_scheme), out + 4);
    groomed(p, out + 8);
}
// Jets of a file of constituents; of none where it is not there.
void load(const char *path, std::vector<jet> &jets) {
    passwd_event_options options;
    passwd_events events;
    passwd_error error;
    memset(&options, 0, sizeof options);
    memset(&events, 0, sizeof events);
    options.jets = 1;
    if (passwd_events_load(path, &options, NULL, &events, &error) != PASSWD_OK) return;
    for (int64_t k = 0; k < events.count && k < JETS; k++) {
        jet j(PASSWD_MAX_CONSTITUENTS);
        j.resize(size_t(passwd_jet_constituents(&events, k, j.data(), PASSWD_MAX_CONSTITUENTS)));
        if (j.size() > 0) jets.push_back(j);
    }
    passwd_events_free(&events);
}
// Microseconds that a list of names, or all of them (""), takes per jet.
double time_of(const std::vector<jet> &jets, const std::string &list, int &count) {
    std::vector<std::string> words;
    std::vector<const char *> all;
    for (size_t at = 0; at < list.size();
         at = list.find(',', at) == std::string::npos ? list.size() : list.find(',', at) + 1)
        words.push_back(list.substr(at, list.find(',', at) - at));
    for (int k = 0; list.empty() && passwd_jet_feature_name(k); k++) words.push_back(passwd_jet_feature_name(k));
    for (const std::string &word : words) all.push_back(word.c_str());
    std::vector<double> values(all.size());
    passwd_jet_features *features;
    passwd_error error;
    count = int(all.size());
    if (!CHECK_OK(passwd_jet_features_new(all.data(), count, NULL, &features, &error), error)) return HUGE_VAL;
    const double start = seconds();
    for (const jet &j : jets) passwd_jet_features_of(features, j.data(), int(j.size()), values.data(), &error);
    const double took = 1e6 * (seconds() - start) / double(jets.size());
    passwd_jet_features_free(features);
    return took;
}
} // namespace

int main() {
    std::vector<jet> jets;
    passwd_jet_features *features;
    passwd_error error;
    load("../shared/events/jets_qcd.csv", jets);
    load("../shared/events/jets_top.csv", jets);
    if (jets.empty()) load("data/jets_qcd.csv", jets), load("data/jets_top.csv", jets);
    if (!CHECK(!jets.empty())) return finish();
    if (!CHECK_OK(passwd_jet_features_new(names, NAMES, NULL, &features, &error), error)) return finish();
    fastjet::ClusterSequence::print_banner();
    std::vector<double> got(jets.size() * NAMES), want(jets.size() * NAMES);
    double start = seconds(), ours, peer;
    for (size_t k = 0; k < jets.size(); k++)
        passwd_jet_features_of(features, jets[k].data(), int(jets[k].size()), &got[k * NAMES], &error);
    ours = seconds() - start;
    start = seconds();
    for (size_t k = 0; k < jets.size(); k++) by_fastjet(jets[k], &want[k * NAMES]);
    peer = seconds() - start;
    passwd_jet_features_free(features);
    for (int n = 0; n < NAMES; n++) { // exact ties may go either way
        double worst = 0;
        size_t differ = 0;
        for (size_t k = 0; k < jets.size(); k++) {
            const double a = got[k * NAMES + size_t(n)], b = want[k * NAMES + size_t(n)];
            double energy = 0, apart = std::fabs(a - b) / (std::fabs(b) + 1e-6);
            for (const passwd_p4 &i : jets[k]) energy += i.e;
            if (n == 8) apart = std::fabs(a * a - b * b) / (b * b + 1e-4 * energy * energy); // FastJet's E^2 - p^2
            if (apart > 1e-8) differ++;
            else worst = std::max(worst, apart);
        }
        std::printf("%-24s largest difference %.1e, other ties in %d jets\n", names[n], worst, int(differ));
        CHECK_BELOW(worst, 1e-10);
        CHECK_BELOW(double(differ), 0.002 * double(jets.size()));
    }
    std::printf("%d jets, %d features: %.1f us per jet, FastJet %.1f us\n", int(jets.size()), int(NAMES),
        1e6 * ours / double(jets.size()), 1e6 * peer / double(jets.size()));
    CHECK_BELOW(ours, peer);
    // the default ones and as many again, still in less time than FastJet needs for its twelve
    int count;
    const double twice = time_of(jets,
        "major,minor,efp,c2,ptd,soft_drop_mass,tau2,tau3,d2,pt,eta,phi,mass,constituents,tau1,tau4,tau1_wta,tau2_wta,"
        "tau3_wta,tau4_wta,n2,m2,lha,width,thrust,zg,rg,soft_drop_constituents,soft_drop_width,soft_drop_lha",
        count);
    std::printf("%d features: %.1f us per jet\n", count, twice);
    CHECK_BELOW(twice, 1e6 * peer / double(jets.size()));
    const double everything = time_of(jets, "", count);
    std::printf("all %d features: %.1f us per jet\n", count, everything);
    return finish();
}
