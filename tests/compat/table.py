"""Every method of the official clients, and whether the compatibility tests call it.

A new release of the client that brings a method which is not here fails `test_table.py`: then it is decided what that
method is, and written down.
"""

from collections.abc import Iterator, Mapping

# Called with success by the tests of this directory.
CALLED: Mapping[str, str] = {
    "actions": "create list",
    "annotations": "create create_bulk delete delete_bulk get list update",
    "export_storage": "list_types",
    **{
        f"{direction}_storage{kind}": "create delete get list sync update validate"
        for direction in ("import", "export")
        for kind in (".local", ".s3")
    },
    "files": "delete delete_many download get list update",
    "import_storage": "list_types",
    "jwt_settings": "get update",
    "ml": "create delete get list list_model_versions predict_all_tasks predict_interactive train update",
    "organizations": "get list reset_token update",
    "organizations.invites": "get_invite_link",
    "organizations.members": "delete get list",
    "predictions": "create delete get list update",
    "projects": "create delete get import_predictions import_tasks list list_counts list_unique_annotators update "
    "validate_label_config",
    "projects.exports": "as_binary as_file as_json as_pandas convert create delete download download_sync get list "
    "list_formats",
    "session_policy": "get update",
    "states": "state_history",
    "tasks": "create create_many_status delete delete_all_tasks get list update",
    "tokens": "blacklist create list refresh rotate",
    "users": "create delete get get_current_user get_hotkeys get_token list reset_token update update_current_user "
    "update_hotkeys whoami",
    "versions": "get",
    "views": "create delete delete_all get list update update_order",
    "webhooks": "create delete get info list update",
}

# Part of the community edition, and not served yet: storages of these kinds.
LATER: Mapping[str, str] = {
    f"{direction}_storage{kind}": "create delete get list sync update validate"
    for direction in ("import", "export")
    for kind in (".azure", ".gcs", ".redis")
}

# The community edition answers 404 to these (400 to every transition): they belong to the vendor's paid edition.
ENTERPRISE: Mapping[str, str] = {
    "activity_logs": "list",
    "analytics.kpis": "get list",
    "annotation_history": "delete list list_for_project retrieve",
    "annotation_reviews": "create delete get list update",
    "billing": "info",
    "comments": "create delete export get list update",
    "dimensions": "cancel_backfill cancel_value_counts_backfill get get_backfill_status "
    "get_value_counts_backfill_status list list_backfills list_value_counts_backfills trigger_backfill "
    "trigger_value_counts_backfill",
    **{
        f"{direction}_storage{kind}": "create delete get list sync update validate"
        for direction in ("import", "export")
        for kind in (".azure_spi", ".databricks", ".gcs_sa", ".gcswif", ".s3s")
    },
    "interfaces": "append_versions create delete duplicate get list partial_update publish_version "
    "unpublish_version update update_version_description",
    "model_providers": "create delete get list list_model_provider_choices update",
    "organizations": "api_organizations_memberships_filter_options_membership_list "
    "api_organizations_memberships_filter_options_skills_list update_default_role",
    "organizations.invites": "revoke_invite send_email",
    "organizations.member_tags": "assign create delete get get_import import_ list update",
    "organizations.member_tags.bulk": "delete post",
    "organizations.members": "get_filter_schema list_filtered search update",
    "organizations.permissions": "create delete get get_options list replace update",
    "project_templates": "create create_project_from_template delete get list update",
    "projects": "duplicate",
    "projects.assignments": "assign bulk_assign delete list update",
    "projects.members": "add export_csv remove",
    "projects.members.bulk": "delete post",
    "projects.members.paginated": "list",
    "projects.metrics": "get update",
    "projects.metrics.custom": "check_function deploy_function get_function get_function_logs get_gcp_function "
    "get_lambda logs update_gcp_function update_lambda",
    "projects.pauses": "create delete get list update",
    "projects.review_routing_rules": "bulk_replace list",
    "projects.roles": "add get list remove",
    "projects.stats": "agreement_annotator agreement_annotators data_filters "
    "data_quality_agreement_confusion_matrix data_quality_agreement_dimensions "
    "data_quality_agreement_distribution finished_tasks iaa label_distribution_counts "
    "label_distribution_structure lead_time member_performance_participants member_performance_rows "
    "member_performance_summary model_version_annotator_agreement model_version_ground_truth_agreement "
    "model_version_prediction_agreement total_agreement update_stats user_ground_truth_agreement "
    "user_prediction_agreement user_review_score users_ground_truth_agreement users_prediction_agreement "
    "users_review_score",
    "prompts": "batch_failed_predictions batch_predictions compatible_projects create delete get list "
    "subset_tasks subsets update",
    "prompts.indicators": "get list",
    "prompts.runs": "cancel create list",
    "prompts.versions": "cost_estimate create delete get get_default_version_name get_refined_prompt list "
    "refine_prompt update",
    "sso.saml": "get reset update validate_metadata_url",
    "sso.scim": "get update",
    "states": "cancel_backfill execute_transition get_backfill_status list_backfills trigger_backfill",
    "tasks": "create_event",
    "tasks.agreement_matrix": "get",
    "workspaces": "create delete get list update",
    "workspaces.members": "create delete list",
    "workspaces.members.bulk": "delete post",
    "workspaces.members.paginated": "list",
    "workspaces.projects": "add list remove",
}

# The classes of the older client, `label_studio_sdk._legacy`. What they inherit counts again.
OLD_CALLED: Mapping[str, str] = {
    "Client": "check_connection create_project create_user delete_project get_api_key get_organization get_project "
    "get_projects get_session get_url get_users get_versions list_projects make_request start_project sync_storage",
    "Project": "connect_local_import_storage connect_s3_export_storage connect_s3_import_storage create_annotation "
    "create_annotations_from_predictions create_prediction create_predictions "
    "create_view delete_all_tasks delete_annotation delete_task delete_tasks delete_view export "
    "export_snapshot_create export_snapshot_delete export_snapshot_download export_snapshot_list "
    "export_snapshot_status export_tasks get_annotation get_export_storages get_files_from_tasks get_import_storages get_labeled_tasks get_labeled_tasks_ids "
    "get_model_versions get_paginated_tasks get_paginated_tasks_ids get_params get_predictions_coverage get_task "
    "get_tasks get_tasks_ids get_unlabeled_tasks get_unlabeled_tasks_ids get_views import_tasks list_annotations "
    "set_model_version set_params set_published set_sampling start_project sync_export_storage sync_import_storage update_annotation update_params "
    "update_task",
}
OLD_LATER: Mapping[str, str] = {
    "Project": "connect_azure_export_storage connect_azure_import_storage connect_google_export_storage "
    "connect_google_import_storage",
}
OLD_ENTERPRISE: Mapping[str, str] = {
    "Client": "get_workspace_by_title get_workspaces",
    "Project": "add_member assign_annotators assign_annotators_by_sampling assign_reviewers "
    "assign_reviewers_by_sampling connect_s3s_iam_import_storage delete_annotators_assignment "
    "delete_reviewers_assignment get_members",
}
# These ask the server nothing new: one deletes every project, which the other tests are at work in, one by one; one
# writes to the log; two are not made by the client's authors.
OLD_APART: Mapping[str, str] = {
    "Client": "delete_all_projects log_response_error",
    "Project": "get_predictions_conflict get_predictions_precision",
}


def names(table: Mapping[str, str]) -> Iterator[str]:
    """Dotted names of the methods of a table."""
    return (f"{resource}.{method}" for resource, methods in table.items() for method in methods.split())
