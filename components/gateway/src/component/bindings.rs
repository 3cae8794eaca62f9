//! The WIT packages that the gateway puts together.

#![allow(missing_docs, unsafe_code)]

spin_sdk::wit_bindgen::generate!({
    path: [
        "../../wit/http",
        "../../wit/types",
        "../../wit/pricing",
        "../../wit/commission",
        "../../wit/store",
        // Spin's, as the host has it.
        "../../host/runtime/wit/spin-redis@3.0.0",
    ],
    inline: "
        package farebox:gateway;
        world gateway {
            export farebox:http/exchange@0.1.0;
            export spin:redis/inbound-redis@3.0.0;
            import farebox:pricing/pricing@0.1.0;
            import farebox:commission/commission@0.1.0;
            import farebox:store/faults@0.1.0;
            import farebox:store/nonces@0.1.0;
            import farebox:store/trips@0.1.0;
            import farebox:store/quotes@0.1.0;
            import farebox:store/documents@0.1.0;
            import farebox:store/bills@0.1.0;
            import farebox:store/ledger@0.1.0;
            import farebox:store/limits@0.1.0;
            import farebox:store/configuration@0.1.0;
            import farebox:store/journal@0.1.0;
            import farebox:store/breakers@0.1.0;
        }
    ",
    runtime_path: "::spin_sdk::wit_bindgen::rt",
    pub_export_macro: true,
    with: { "farebox:types/types@0.1.0": farebox_wit },
    generate_all,
});
